"""What the guide to the command line shows is what the commands print."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from audiofeat.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "command_line.rst"
BLOCK = re.compile(r"^\.\. code-block:: console\n\n((?:   .*\n|\n)+)", re.MULTILINE)
NUMBER = re.compile(r"-?\d+(?:,\d{3}(?!\d))*(?:\.\d+)?")
# What takes long for its size; what it prints is tested elsewhere.
SLOW = "compare"


def commands():
    for block in BLOCK.findall(PAGE.read_text("utf-8")):
        for part in re.split(r"^   \$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield shlex.split(command)[1:], re.sub("^   ", "", output, flags=re.MULTILINE).strip("\n")


@pytest.fixture
def recordings(tmp_path, monkeypatch):
    """The recordings that the page makes, in the working folder."""
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(PAGE.read_text("utf-8"), {}, PAGE.name, str(PAGE), 0)
    for example in test.examples:
        exec(example.source, test.globs)


def test_the_commands_print_what_the_page_shows(recordings, capfd):
    shown = [(arguments, output) for arguments, output in commands() if arguments[0] != SLOW]
    assert len(shown) == 6
    for arguments, output in shown:
        if arguments[0] == "train":
            # What one core can do needs no worker.
            arguments = [*arguments, "--jobs", "1"]
        main(arguments)
        printed = capfd.readouterr().out.strip("\n")
        if not output:
            assert printed
            continue
        # Words, and numbers as far as another version of scikit-learn or BLAS may move them.
        assert NUMBER.sub("#", printed).split() == NUMBER.sub("#", output).split(), arguments
        numbers = [[float(x.replace(",", "")) for x in NUMBER.findall(text)] for text in (printed, output)]
        assert numbers[0] == pytest.approx(numbers[1], abs=0.1), arguments
    assert '"features": "MFCC(deltas=2, hop_length=512, n_fft=1024, n_mels=64, n_mfcc=13)"' in Path(
        "features.csv.json"
    ).read_text("utf-8")
