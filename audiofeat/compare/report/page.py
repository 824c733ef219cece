"""The page: its sections in order, its style, and the file."""

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from audiofeat._progress import progress
from audiofeat.compare.report.clips import confusions, data, mistakes
from audiofeat.compare.report.findings import guards, held_out, scores, tests
from audiofeat.compare.report.markup import Markup, link_list, tag
from audiofeat.compare.report.origin import loading, provenance, recorded
from audiofeat.compare.words import summarise

if TYPE_CHECKING:
    from audiofeat.compare.results import FeatureComparison

__all__ = ["write_report"]

# Nothing is fetched from anywhere: what the page shows is in it.
_POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"


def write_report(comparison: "FeatureComparison", path, *, title: str, model_file, max_mistakes: int, verbose) -> Path:
    """Write a comparison as one HTML file.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.
    path : path-like
        The file.
    title : str
        Its title.
    model_file : str, path-like or None
        Where the model was saved, if it was.
    max_mistakes : int
        How many mistakes to show.
    verbose : {"auto"} or bool
        Whether to show progress.

    Returns
    -------
    Path
        The file.
    """
    path = Path(path)
    with progress(verbose) as report:
        report.say("Predicting the clips of each fold")
        predictions = comparison.predictions
        report.say("Drawing the report")
        batch = comparison.clips.load()
        record = recorded(comparison)
        sections = {
            "summary": ("Summary", _summary(comparison)),
            "data": ("Data", data(comparison, batch)),
            "guards": ("Leak guards", guards(comparison.guards)),
            "scores": ("Scores", scores(comparison)),
            "tests": ("Differences", tests(comparison)),
            "held-out": ("Recordings kept aside", held_out(comparison)),
            "confusion": ("Confusion matrix", confusions(comparison, predictions)),
            "mistakes": ("Most confident mistakes", mistakes(predictions, batch, max_mistakes)),
            "model": ("How to load the model", loading(comparison, model_file)),
            "provenance": ("Provenance", provenance(comparison, record)),
        }
        page = _page(title, f"Written {record.saved[:10]} by audiofeat {record.packages['audiofeat']}", sections)
        path.write_text(page, encoding="utf-8")
    return path


def _summary(comparison: "FeatureComparison") -> Markup:
    return tag("ul", (tag("li", line) for line in summarise(comparison)))


def _page(title: str, written: str, sections: dict[str, tuple[str, Markup]]) -> str:
    """The whole document; sections without content are left out."""
    sections = {identifier: section for identifier, section in sections.items() if section[1]}
    style = files("audiofeat.compare.report").joinpath("style.css").read_text(encoding="utf-8")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Markup(style)),
    )
    contents = link_list((identifier, name) for identifier, (name, _) in sections.items())
    body = tag(
        "body",
        tag("header", tag("h1", title), tag("p", written, class_="note"), tag("nav", contents, aria_label="Sections")),
        tag(
            "main",
            (
                tag(
                    "section",
                    tag("h2", name, id=f"{identifier}-title"),
                    content,
                    id=identifier,
                    aria_labelledby=f"{identifier}-title",
                )
                for identifier, (name, content) in sections.items()
            ),
        ),
        tag("footer", tag("p", "Pictures and sounds are part of this file; it loads nothing from elsewhere.")),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"
