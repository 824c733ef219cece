"""Which clips may be cut from one recording, told from the names of their files.

A name is read as fields: the folders below the one that all files share, and the parts of the file's name between
``_``, ``-``, spaces and the like. What remains after the fields that say the class, the split, or count clips is what
several clips have in common: ``rec12_seg3.wav`` and ``rec12_seg4.wav`` share ``rec12``, ``1-30226-A.ogg`` and
``1-30226-B.ogg`` the source 30226, ``7_jackson_32.wav`` and ``7_jackson_33.wav`` the speaker. ``cat_1.wav`` to
``cat_167.wav`` share the class and nothing else, so each is a recording.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

__all__ = ["shared_names"]

_SEPARATORS = re.compile(r"[-_.\s~+,;()\[\]#@]+")
# Recorders name files by the moment; date and time together are one name, not a day that many clips share.
_MOMENT = re.compile(r"(?<!\d)(\d{4})[-_.]?(\d{2})[-_.]?(\d{2})[-_T ]+(\d{2})[-_.:h]?(\d{2})(?:[-_.:m]?(\d{2}))?(?!\d)")
_PIECE = r"(?:seg|segment|part|pt|clip|chunk|slice|piece|win|window|frag|fragment|crop|cut|take|snippet|excerpt)"
_PIECE_NUMBER = re.compile(rf"{_PIECE}\d+", re.IGNORECASE)
# rec12seg3: a piece that is written without a separator.
_GLUED_PIECE = re.compile(rf"(.*[^\W_])({_PIECE}\d+)", re.IGNORECASE)
_COUNTER = re.compile(rf"\d+(?:s|ms)?|[A-Za-z]|{_PIECE}?\d+", re.IGNORECASE)
_SPLIT_WORD = re.compile(
    r"(?:fold|split|train|training|test|testing|val|valid|validation|dev|eval|set)\d*", re.IGNORECASE
)
# A number this long, or letters with digits, names one thing; a word or a short number may be a setting.
_IDENTIFIER = re.compile(r"\d{3,}|(?=.*\d)(?=.*[^\W\d_]).{2,}")
# Fewer names that many clips share are rather two settings, such as two microphones, than two recordings.
_FEWEST = 3
# Share of distinct numbers below which a count starts again for each name; numbers that run on are all distinct.
_RESTARTS = 0.95
# At most two fields at the end count, such as begin and end of a window.
_MOST_COUNTERS = 2


def shared_names(paths: Sequence[str | None], y) -> np.ndarray | None:
    """Find what names of clips have in common besides the class.

    Parameters
    ----------
    paths : sequence of (str or None)
        File of each clip; None for one from memory.
    y : array-like of shape (n_clips,)
        Their labels.

    Returns
    -------
    ndarray of object of shape (n_clips,) or None
        What the name of each clip shares with others, or a name of its own. None if each stands for itself.

    Examples
    --------
    >>> from audiofeat.compare.recordings import shared_names
    >>> names = [f"rec{recording}_seg{piece}.wav" for recording in (1, 2, 3) for piece in (1, 2)]
    >>> shared_names(names, ["cat", "cat", "dog", "dog", "cat", "cat"]).tolist()
    ['rec1', 'rec1', 'rec2', 'rec2', 'rec3', 'rec3']
    >>> shared_names(["cat_1.wav", "cat_2.wav", "dog_1.wav", "dog_2.wav"], ["cat", "cat", "dog", "dog"]) is None
    True
    """
    labels = [str(label) for label in np.asarray(y).tolist()]
    groups: list[str] = [f"clip {i}" for i in range(len(paths))]
    shapes: dict[tuple[int, int], list[int]] = defaultdict(list)
    fields = _fields(paths)
    for i, (folders, parts) in fields.items():
        shapes[len(folders), len(parts)].append(i)
    for rows in shapes.values():
        table = [fields[i][0] + fields[i][1] for i in rows]
        for i, name in zip(rows, _names(table, [labels[i] for i in rows]), strict=True):
            if name is not None:
                groups[i] = name
    if max(Counter(groups).values(), default=0) < 2:
        return None
    return np.array(groups, dtype=object)


def _fields(paths) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Folders below the common one, and parts of the name, of each clip that has a file."""
    known = {i: Path(os.path.abspath(path)) for i, path in enumerate(paths) if path is not None}  # noqa: PTH100
    parents = {str(path.parent) for path in known.values()}
    try:
        root = Path(os.path.commonpath(parents)) if parents else Path()
    except ValueError:
        # Different drives: nothing in common.
        root = Path()
    split = {}
    for i, path in known.items():
        folders = path.parent.relative_to(root).parts if path.is_relative_to(root) else path.parent.parts
        split[i] = (folders, _parts(path.stem))
    return split


def _moment(match: re.Match) -> str:
    year, month, day, *time = filter(None, match.groups())
    return f"{year}{month}{day}T{''.join(time)}"


def _parts(stem: str) -> tuple[str, ...]:
    stem = _MOMENT.sub(_moment, stem)
    parts: list[str] = []
    for part in _SEPARATORS.split(stem):
        glued = _GLUED_PIECE.fullmatch(part)
        parts += glued.groups() if glued else [part] * bool(part)
    return tuple(parts)


def _names(table: list[tuple[str, ...]], labels: list[str]) -> list[str | None]:
    """What the rows of one shape share, or None for each."""
    nothing: list[str | None] = [None] * len(table)
    # A folder that the file's name repeats counts once.
    columns = [
        column
        for column in dict.fromkeys(zip(*table, strict=True))
        if len(set(column)) > 1 and not _tells_class(column, labels) and not all(map(_SPLIT_WORD.fullmatch, column))
    ]
    counts = [i for i, column in enumerate(columns) if all(map(_COUNTER.fullmatch, column))]
    for n_counters in range(1, min(_MOST_COUNTERS, len(counts)) + 1):
        dropped = counts[-n_counters:]
        kept = [column for i, column in enumerate(columns) if i not in dropped]
        if not kept:
            break
        counters = list(zip(*(columns[i] for i in dropped), strict=True))
        names = _credible(kept, counters, labels)
        if names is not None and max(Counter(names).values()) > 1:
            return list(names)
    return nothing


def _tells_class(column: Sequence[str], labels: Sequence[str]) -> bool:
    """Whether a field is the class in other words: one value for each."""
    return len(set(zip(column, labels, strict=True))) == len(set(labels))


def _credible(kept, counters, labels) -> list[str] | None:
    """Names of what rows share, if the fields that remain look like names rather than settings."""
    joined = ["_".join(row) for row in zip(*kept, strict=True)]
    # 12 of the cats is not 12 of the dogs; a longer name is the same wherever it stands.
    numbers = all(part.isdigit() for column in kept for part in column)
    names = [f"{label} {name}" for label, name in zip(labels, joined, strict=True)] if numbers else joined
    if all(_PIECE_NUMBER.fullmatch(counter[-1]) for counter in counters):
        return names
    if len(set(names)) < _FEWEST:
        return None
    if any(_most(_IDENTIFIER.fullmatch, column) for column in kept):
        return names
    if numbers and len(kept) > 1:
        # Codes such as 03-01-06-02: which of them is a recording, nobody can tell.
        return None
    within_class = set(zip(labels, counters, strict=True))
    return names if len(within_class) <= _RESTARTS * len(counters) else None


def _most(holds, column) -> bool:
    return sum(map(bool, map(holds, column))) > len(column) / 2
