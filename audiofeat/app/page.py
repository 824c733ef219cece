"""The page itself: what stands where, and what happens when something is sent."""

import csv
import re
import tempfile
from collections import Counter
from pathlib import Path
from threading import Lock

from audiofeat._optional import need
from audiofeat.app.answers import BATCH_COLUMNS, Responder
from audiofeat.app.intake import RefusedError, accepted_suffixes

__all__ = ["LOOK", "build_page", "theme_of"]

# The fonts of the visitor's own system: Gradio's themes fetch theirs from elsewhere.
_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica", "Arial", "sans-serif"]
_MONOSPACED = ["ui-monospace", "Menlo", "Consolas", "monospace"]
_MOST_BARS = 10
LOOK = "footer {display: none} #problem, #problem-files {border-left: 4px solid #c2410c; padding-left: 1rem}"


class Visitors:
    """Whose files lie in the temporary folder, so that they go when their session does."""

    def __init__(self):
        self._files: dict[str, set[str]] = {}
        self._users: Counter[str] = Counter()
        self._lock = Lock()

    def note(self, session: str | None, *paths) -> None:
        """Note that files belong to a session, too."""
        with self._lock:
            files = self._files.setdefault(session or "", set())
            new = {str(path) for path in paths} - files
            files |= new
            self._users.update(new)

    def forget(self, session: str | None) -> None:
        """Remove the files of a session that no other session sent as well."""
        with self._lock:
            for path in self._files.pop(session or "", ()):
                self._users[path] -= 1
                if not self._users[path]:
                    del self._users[path]
                    # Gradio gives each content a folder of its own.
                    Path(path).unlink(missing_ok=True)


def build_page(responder: Responder, *, title: str, examples=(), keep: tuple = ()):
    """Lay out the page.

    Parameters
    ----------
    responder : Responder
        Who answers.
    title : str
        Heading.
    examples : sequence of path-like, default=()
        Recordings that a visitor can choose.
    keep : tuple of str, default=()
        Folders whose files belong to the page, and stay when a visitor goes.

    Returns
    -------
    gradio.Blocks
        Not launched yet.
    """
    gradio = need("gradio", extra="demo", by="The demo")
    visitors = Visitors()
    limits = responder.limits
    with gradio.Blocks(title=title, analytics_enabled=False) as page:
        gradio.Markdown(
            f"# {_as_text(title)}\n\nTells apart: {_as_text(_listed(responder.classes))}. "
            f"Send a recording of up to {limits.seconds:g} s and {limits.megabytes:g} MB; it is removed when you leave."
        )
        with gradio.Tab("One recording"):
            _one_recording(gradio, responder, visitors, examples, keep)
        with gradio.Tab("Several files"):
            _several_files(gradio, responder, visitors)
        page.unload(_forgetting(gradio, visitors))
    return page


def _one_recording(gradio, responder, visitors, examples, keep) -> None:
    with gradio.Row():
        with gradio.Column(scale=2, min_width=280):
            clip = gradio.Audio(
                label="Recording", type="filepath", sources=["upload", "microphone"], buttons=[], elem_id="clip"
            )
            problem = gradio.Markdown(visible=False, elem_id="problem", container=True)
            label = gradio.Label(label="Probability", num_top_classes=_MOST_BARS, elem_id="label")
            if examples:
                gradio.Examples([[str(path)] for path in examples], [clip], label="Examples", cache_examples=False)
        with gradio.Column(scale=3, min_width=320):
            picture = gradio.Plot(label="Waveform and feature", show_label=False, elem_id="picture")
            occlusion = gradio.Plot(label="What it listens to", show_label=False, elem_id="occlusion")

    def answer(path, request: gradio.Request):
        nothing = gradio.Markdown(visible=False)
        if path is None:
            return nothing, None, None
        if not str(path).startswith(keep):
            visitors.note(request.session_hash, path)
        try:
            found = responder.answer(path)
        except RefusedError as exc:
            # In the page and not as a passing note, and with the last answer gone: it is not about this recording.
            words = f"**{_as_text(Path(path).name)}** cannot be used. {_as_text(str(exc))}"
            return gradio.Markdown(words, visible=True), None, None
        return nothing, found.probabilities or found.label, found.picture

    def occlude(path):
        return None if path is None else responder.occlude(path)

    # One at a time: a network's memory is not shared out among visitors.
    shared = {"concurrency_limit": 1, "concurrency_id": "model", "api_visibility": "private"}
    told = clip.change(answer, clip, [problem, label, picture], show_progress_on=[label, picture], **shared)
    # A hundred predictions later, and nobody has to wait for them.
    told.then(occlude, clip, occlusion, **shared)


def _several_files(gradio, responder, visitors) -> None:
    files = gradio.File(
        label=f"Recordings, up to {responder.limits.files}",
        file_count="multiple",
        file_types=accepted_suffixes(),
        elem_id="files",
    )
    problem = gradio.Markdown(visible=False, elem_id="problem-files", container=True)
    table = gradio.Dataframe(
        headers=list(BATCH_COLUMNS),
        column_widths=["28%", "16%", "16%", "40%"],
        label="Answers",
        interactive=False,
        elem_id="table",
        wrap=True,
    )
    download = gradio.DownloadButton("Download as CSV", visible=False, elem_id="download")

    def answer(paths, request: gradio.Request):
        if not paths:
            return None, gradio.DownloadButton(visible=False), gradio.Markdown(visible=False)
        visitors.note(request.session_hash, *paths)
        try:
            rows = responder.answer_batch(paths)
        except RefusedError as exc:
            return None, gradio.DownloadButton(visible=False), gradio.Markdown(_as_text(str(exc)), visible=True)
        written = _as_csv(rows)
        visitors.note(request.session_hash, written)
        shown = [[n, label, "" if p is None else f"{p:.3f}", problem] for n, label, p, problem in rows]
        return shown, gradio.DownloadButton(value=written, visible=True), gradio.Markdown(visible=False)

    files.change(
        answer,
        files,
        [table, download, problem],
        concurrency_limit=1,
        concurrency_id="model",
        api_visibility="private",
        show_progress_on=table,
    )


def _forgetting(gradio, visitors: Visitors):
    def forget(request: gradio.Request):
        visitors.forget(request.session_hash)

    return forget


def _as_csv(rows) -> str:
    with tempfile.NamedTemporaryFile(
        "w", prefix="answers-", suffix=".csv", delete=False, newline="", encoding="utf-8"
    ) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(BATCH_COLUMNS)
        writer.writerows(rows)
    return file.name


def _as_text(words: str) -> str:
    """Take away the meaning that Markdown and HTML would give to characters in file names and labels."""
    return re.sub(r"([\\`*_{}\[\]()#+!|<>&$~-])", lambda match: f"&#{ord(match[0])};", words)


def _listed(names: list[str]) -> str:
    shown = names[:8]
    return ", ".join(shown) + (f" and {len(names) - len(shown)} more" if len(names) > len(shown) else "")


def theme_of(gradio):
    """Choose a look that loads nothing from elsewhere.

    Parameters
    ----------
    gradio : module
        Gradio.

    Returns
    -------
    gradio.themes.Base
        With the fonts of the visitor's system.
    """
    return gradio.themes.Default(font=_FONTS, font_mono=_MONOSPACED)
