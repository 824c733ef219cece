"""Bars: on a terminal only, and only for those who would wait."""

import os
import pty
import subprocess
import sys

import pytest

from audiofeat import _progress
from audiofeat._progress import progress

WORK = """
from audiofeat import _progress
_progress._PATIENCE = {patience}
with _progress.progress({verbose!r}) as report:
    report.say("Baking bread", total=3)
    report.line("flour [mixed]")
    if {until_shown}:
        report._timer.join()
    report.advance(3)
"""


def on_a_terminal(verbose, *, until_shown) -> str:
    """What a terminal shows while some work runs."""
    ours, theirs = pty.openpty()
    work = WORK.format(verbose=verbose, until_shown=until_shown, patience=0 if until_shown else 60)
    process = subprocess.Popen(
        [sys.executable, "-c", work], stderr=theirs, stdout=theirs, env=os.environ | {"TERM": "xterm"}
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:
        # The other end is closed, which Linux reports so.
        pass
    os.close(ours)
    assert process.wait() == 0, shown
    return shown.decode()


def test_a_terminal_gets_a_bar_for_long_work():
    assert "Baking bread" in on_a_terminal("auto", until_shown=True)


def test_and_none_for_short_work():
    assert on_a_terminal("auto", until_shown=False) == ""


def test_lines_stay_for_those_who_ask():
    assert "flour [mixed]" in on_a_terminal(True, until_shown=False)
    assert "flour" not in on_a_terminal("auto", until_shown=True)


@pytest.mark.parametrize(("verbose", "expected"), [("auto", ""), (False, ""), (True, "  flour\n")])
def test_no_terminal_no_bar(verbose, expected, capfd, monkeypatch):
    monkeypatch.setattr(_progress, "_PATIENCE", 0.0)
    with progress(verbose) as report:
        report.say("Baking bread", total=3)
        report.line("flour")
        report.advance()
    assert capfd.readouterr() == ("", expected)


def test_verbose_is_one_of_three():
    with pytest.raises(ValueError, match="Got verbose='loud'; expected 'auto', True or False"), progress("loud"):
        pass
