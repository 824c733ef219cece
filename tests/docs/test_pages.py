"""The code on the pages runs and says what the pages say, and the reference lists every public name."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import matplotlib
import numpy as np
import pytest

import audiofeat

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(
    page for page in DOCS.rglob("*.rst") if not {"_build", "_templates", "gallery", "generated"} & set(page.parts)
)
NUMBER = re.compile(r"-?\d+\.\d+")


class Tolerant(doctest.OutputChecker):
    """Words must be equal; scores may differ by what another version of scikit-learn or BLAS makes of them."""

    def check_output(self, want, got, optionflags):
        if super().check_output(want, got, optionflags):
            return True
        # A table is sorted by scores, so close rows may change places.
        words = [sorted(NUMBER.sub("", text).split()) for text in (want, got)]
        scores = [sorted(map(float, NUMBER.findall(text))) for text in (want, got)]
        return words[0] == words[1] and len(scores[0]) == len(scores[1]) and np.allclose(*scores, rtol=0, atol=0.1)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_on_pages(page, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    test = doctest.DocTestParser().get_doctest(page.read_text("utf-8"), {}, page.name, str(page), 0)
    report = []
    doctest.DocTestRunner(Tolerant(), optionflags=flags).run(test, out=report.append)
    assert not report, "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pictures_on_pages(page):
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    for block in re.findall(r"^\.\. plot::\n(?:   :.*\n)*\n((?:   .*\n|\n)+)", page.read_text("utf-8"), re.MULTILINE):
        exec(compile(re.sub("^   ", "", block, flags=re.MULTILINE), page.name, "exec"), {})
        assert plt.get_fignums()
        plt.close("all")


@pytest.mark.parametrize("module", ["", "datasets.", "dsp.", "neural.", "plotting.", "presets."])
def test_the_reference_lists_every_public_name(module):
    listed = set(re.findall(r"^   ([\w.]+)$", (DOCS / "api.rst").read_text("utf-8"), re.MULTILINE))
    names = import_module(f"audiofeat.{module}".rstrip(".")).__all__
    expected = {name for name in names if not name.startswith("__")} - {"datasets", "dsp", "presets"}
    # What is public at the top is listed there.
    assert {name for name in expected if name not in listed and module + name not in listed} == set()


def test_the_reference_lists_nothing_else():
    for name in re.findall(r"^   ([\w.]+)$", (DOCS / "api.rst").read_text("utf-8"), re.MULTILINE):
        value = audiofeat
        for part in name.split("."):
            value = getattr(value, part) if hasattr(value, part) else import_module(f"{value.__name__}.{part}")
