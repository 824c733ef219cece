"""Guards against flattering scores: what training and test parts of a split have in common.

Conventions: a split is a pair of index arrays, training and test; the splits of a comparison count from 0, as the columns
``fold_0``, ``fold_1`` of its table. Groups are given as one value per clip; clips of one value belong together.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xxhash

from audiofeat.audio import AudioBatch
from audiofeat.compare.recordings import shared_names
from audiofeat.compare.statistics import corrected_t_test
from audiofeat.transformers._threads import share_out

__all__ = [
    "Guard",
    "check_classes",
    "check_groups",
    "check_identical",
    "check_recordings",
    "check_shuffled",
    "digests",
    "short_names",
]

# More names than this in one message hide its advice; the attribute `clips` has all of them.
_MOST_NAMED = 5
_BETTER_CV = "Pass a cv that keeps groups together, such as StratifiedGroupKFold, or a number of folds."
_KEEP_TOGETHER = (
    "Pass groups=, what each clip was cut from (as guessed here: groups=comparison.suspected_groups), or "
    "groups=range(len(X)) if each clip is a recording of its own."
)
# Columns of a table of clips that say what a clip was cut from.
_SOURCE_COLUMNS = ("source", "source_id", "recording", "recording_id")
# A warning that comes with every fortieth comparison, as of a 95 % interval, would soon not be read.
_SURE = 0.99
_SPREADS = 3
_DIGEST_VERSION = b"audiofeat decoded clip 1"


@dataclass(frozen=True, eq=False)
class Guard:
    """What was looked for, and whether it was found.

    Parameters
    ----------
    name : str
        What was looked for.
    passed : bool
        Whether all is well.
    text : str
        What was found, and what to do about it.
    clips : tuple of int
        The clips it concerns.
    """

    name: str
    passed: bool
    text: str
    clips: tuple[int, ...] = ()


class _Crossing(NamedTuple):
    """Groups with clips on both sides of a split."""

    codes: np.ndarray
    fold: int | None
    train: int
    test: int


def short_names(paths: Sequence[str | None], otherwise: str = "clip") -> list[str]:
    """Name clips by their files, without the folders that all of them share.

    Parameters
    ----------
    paths : sequence of (str or None)
        File of each clip; None for one from memory.
    otherwise : str, default="clip"
        What to call one from memory, before its number.

    Returns
    -------
    list of str
        A name for each clip.

    Examples
    --------
    >>> from audiofeat.compare.leaks import short_names
    >>> short_names(["data/cat/1.wav", "data/dog/1.wav", None])
    ['cat/1.wav', 'dog/1.wav', 'clip 2']
    """
    folders = {os.path.dirname(path) for path in paths if path is not None}  # noqa: PTH120
    try:
        root = os.path.commonpath(folders) if folders else ""
    except ValueError:
        # Different drives, or relative and absolute paths: nothing in common.
        root = ""
    return [
        f"{otherwise} {i}" if path is None else Path(path).relative_to(root).as_posix() if root else path
        for i, path in enumerate(paths)
    ]


def check_groups(groups, splits, names: Sequence[str], advice: str = _BETTER_CV) -> Guard:
    """Look for groups, as the user gave them, with clips on both sides of a split.

    Parameters
    ----------
    groups : array-like of shape (n_clips,) or None
        The groups.
    splits : sequence of (ndarray, ndarray)
        The splits.
    names : sequence of str
        What to call each clip.
    advice : str
        What to do about it.

    Returns
    -------
    Guard
        What was found.
    """
    name = "Groups stay on one side of every split"
    if groups is None:
        return Guard(name, True, "No groups were given: each clip is taken to be a recording of its own.")
    values, codes = np.unique(np.asarray(groups), return_inverse=True)
    crossing = _crossing(codes, splits)
    if crossing is None:
        return Guard(name, True, f"The {len(values)} groups that were given stay on one side of every split.")
    clips = np.flatnonzero(np.isin(codes, crossing.codes))
    return Guard(
        name,
        False,
        f"{len(crossing.codes)} of the {len(values)} groups {'has' if len(crossing.codes) == 1 else 'have'} clips on both "
        "sides of a split: "
        f"{_example(crossing, names)}. {advice}",
        tuple(clips.tolist()),
    )


def check_recordings(
    X, batch: AudioBatch, y, groups, splits, names: Sequence[str], advice: str = _KEEP_TOGETHER
) -> tuple[Guard, np.ndarray | None]:
    """Look for clips that seem to be cut from one recording on both sides of a split.

    Parameters
    ----------
    X : sequence or DataFrame
        The clips as the user gave them, for a column that names their source.
    batch : AudioBatch
        The same clips, loaded.
    y : ndarray of shape (n_clips,)
        Their labels.
    groups : array-like or None
        Groups that the user gave. With them, names of files are not asked.
    splits : sequence of (ndarray, ndarray)
        The splits.
    names : sequence of str
        What to call each clip.
    advice : str
        What to do about it.

    Returns
    -------
    guard : Guard
        What was found.
    groups : ndarray of shape (n_clips,) or None
        The groups to keep together, if any cross a split.
    """
    name = "Clips of one recording stay on one side of every split"
    reasons = list(_recordings(X, batch, y, groups))
    for why, guess in reasons:
        values, codes = np.unique(guess.astype(str), return_inverse=True)
        crossing = _crossing(codes, splits)
        if crossing is None:
            continue
        n_shared = int((np.bincount(codes) > 1).sum())
        text = (
            f"{why} that clips of one recording lie on both sides of a split ({len(crossing.codes)} of {n_shared} "
            f"recordings with several clips): {_example(crossing, names)}, both {str(values[crossing.codes[0]])!r}. "
            f"A model can know such a clip by its recording, so that the scores are too good. {advice}"
        )
        return Guard(name, False, text, tuple(np.flatnonzero(np.isin(codes, crossing.codes)).tolist())), guess
    if reasons:
        text = "Clips that seem to be cut from one recording were found, and stay on one side of every split."
    elif groups is not None:
        text = "The groups that were given say what each clip was cut from."
    else:
        text = "Nothing in names of files or columns suggests that clips were cut from one recording."
    return Guard(name, True, text), None


def check_identical(batch: AudioBatch, content: Sequence[bytes], y, splits, names: Sequence[str]) -> Guard:
    """Look for clips that are the same, in their files or after decoding, on both sides of a split.

    Parameters
    ----------
    batch : AudioBatch
        The clips.
    content : sequence of bytes
        Digest of each after decoding, as `digests` gives them.
    y : ndarray of shape (n_clips,)
        Their labels.
    splits : sequence of (ndarray, ndarray)
        The splits.
    names : sequence of str
        What to call each clip.

    Returns
    -------
    Guard
        What was found.
    """
    name = "No clip is on both sides of a split"
    _, codes = np.unique(np.array(content), return_inverse=True)
    crossing = _crossing(codes, splits)
    repeated = np.flatnonzero(np.bincount(codes) > 1)
    if not len(repeated):
        return Guard(name, True, "All clips differ, in their files and after decoding.")
    crossing_codes = [] if crossing is None else crossing.codes.tolist()
    y = np.asarray(y)
    labelled_twice = [code for code in repeated if len(np.unique(y[codes == code])) > 1]
    clips = tuple(np.flatnonzero(np.isin(codes, repeated)).tolist())
    if not crossing_codes and not labelled_twice:
        return Guard(
            name,
            True,
            f"{_counted(len(repeated), 'clip stands', 'clips stand')} several times, on one side of every split.",
            clips,
        )
    told = []
    if crossing_codes:
        told.append(
            f"{_counted(len(crossing_codes), 'clip stands', 'clips stand')} on both sides of a split: "
            f"{_listed([_same(batch, np.flatnonzero(codes == code), names) for code in crossing_codes])}"
        )
    if labelled_twice:
        sets = [
            " and ".join(f"{names[i]} ({y[i]})" for i in np.flatnonzero(codes == code).tolist())
            for code in labelled_twice
        ]
        told.append(
            f"{_counted(len(labelled_twice), 'clip stands', 'clips stand')} under several labels: {_listed(sets)}"
        )
    text = f"{'. '.join(told)}. Keep one of each, or pass the same group for those that are the same."
    return Guard(name, False, text, clips)


def check_classes(y, splits) -> Guard:
    """Look for classes that are missing in a training or test part.

    Parameters
    ----------
    y : ndarray of shape (n_clips,)
        Labels.
    splits : sequence of (ndarray, ndarray)
        The splits.

    Returns
    -------
    Guard
        What was found.
    """
    name = "Every class is in every fold"
    y = np.asarray(y)
    values, counts = np.unique(y, return_counts=True)
    missing: dict = {}
    for fold, parts in enumerate(splits):
        for part, rows in zip(("training", "test"), parts, strict=True):
            for value in np.setdiff1d(values, y[rows]):
                missing.setdefault(value, {}).setdefault(part, []).append(fold)
    if not missing:
        return Guard(
            name, True, f"Each of the {len(values)} classes is in the training and the test part of every fold."
        )
    n_clips = dict(zip(values, counts, strict=True))
    told = [
        f"{value} ({n_clips[value]} clips) is missing in "
        + " and ".join(f"the {part} part of fold {_listed(list(map(str, folds)))}" for part, folds in parts.items())
        for value, parts in missing.items()
    ]
    rare = _counted(len(missing), "class has", "classes have")
    text = (
        f"{rare} too few clips or groups for {len(splits)} folds: {_listed(told, '; ')}. A score without a class says "
        "nothing of it. Add recordings, leave these classes out, or use fewer folds."
    )
    return Guard(name, False, text, tuple(np.flatnonzero(np.isin(y, list(missing))).tolist()))


def check_shuffled(shuffled, majority, ratio: float, n_units: int, metric: str) -> Guard:
    """Look whether shuffled labels are recognised: then something other than the label is.

    Parameters
    ----------
    shuffled : ndarray of shape (n_folds,)
        Scores with shuffled labels.
    majority : ndarray of shape (n_folds,)
        Scores of a model that always says the most frequent class.
    ratio : float
        Test clips over training clips of a fold.
    n_units : int
        Number of groups, or of clips where there are none: how many lots were drawn.
    metric : str
        What is scored.

    Returns
    -------
    Guard
        What was found.
    """
    name = "With shuffled labels there is nothing to learn"
    test = corrected_t_test(shuffled, majority, ratio, _SURE)
    if np.isnan(test.low):
        return Guard(name, True, "Not looked at: there is no interval for the score with shuffled labels.")
    # Few folds may agree by chance; that as many lots as these do, a score like the accuracy makes unlikely as well.
    share = float(np.mean(majority))
    chance = _SPREADS * np.sqrt(share * (1 - share) / n_units) if 0 < share < 1 else 0.0
    if test.low <= 0 or test.difference <= chance:
        text = (
            f"With shuffled labels the {metric} is {np.mean(shuffled):.3f}, not above {np.mean(majority):.3f} for the "
            "majority class by more than chance explains."
        )
        return Guard(name, True, text)
    text = (
        f"With shuffled labels, where there is nothing to learn, the {metric} is {np.mean(shuffled):.3f}, above "
        f"{np.mean(majority):.3f} for the majority class. Test clips seem to have something in common with training clips "
        "besides their class: pass groups= that keep such clips together."
    )
    return Guard(name, False, text)


def digests(batch: AudioBatch, n_jobs: int | None = None) -> list[bytes]:
    """Digest of each clip after decoding, the same for equal samples whatever file they came in.

    Parameters
    ----------
    batch : AudioBatch
        The clips. With a store, digests are kept there, and nothing is decoded the next time.
    n_jobs : int or None, default=None
        Number of threads that decode.

    Returns
    -------
    list of bytes
        16 bytes for each clip: of what the loader makes of it, without padding.
    """
    keys = [xxhash.xxh3_128(_DIGEST_VERSION + batch.key(i)).digest() for i in range(len(batch))]
    known = {} if batch.cache is None else batch.cache.get(keys)
    missing = [i for i, key in enumerate(keys) if key not in known]
    found: dict[bytes, np.ndarray] = {}

    def decode(indices: list[int]) -> None:
        for i in indices:
            digest = xxhash.xxh3_128_digest(np.ascontiguousarray(batch.valid(i)).data)
            found[keys[i]] = np.frombuffer(digest, dtype=np.uint8)

    share_out(missing, decode, n_jobs=n_jobs)
    if batch.cache is not None and found:
        batch.cache.put(found)
    return [{**known, **found}[key].tobytes() for key in keys]


def _recordings(X, batch: AudioBatch, y, groups):
    """Why clips seem to belong together, and which, the surest reason first."""
    if hasattr(X, "columns"):
        for column in X.columns:
            if str(column).strip().lower() in _SOURCE_COLUMNS:
                yield f"Column {column!r} says", _with_own_name_if_missing(X[column])
    paths = batch.paths
    if len({path for path in paths if path is not None}) < sum(path is not None for path in paths):
        yield (
            "Several clips of one file say",
            np.array([path or f"clip {i}" for i, path in enumerate(paths)], dtype=object),
        )
    if groups is None:
        shared = shared_names(paths, y)
        if shared is not None:
            yield "Names of files suggest", shared


def _with_own_name_if_missing(column) -> np.ndarray:
    values = column.astype(object).to_numpy()
    return np.array(
        [f"clip {i}" if value != value or value is None else value for i, value in enumerate(values)], object
    )


def _crossing(codes: np.ndarray, splits) -> _Crossing | None:
    """Groups that lie on both sides of some split, and a pair of clips as an example; None without any."""
    found = [np.intersect1d(codes[train], codes[test]) for train, test in splits]
    crossing = np.unique(np.concatenate(found)) if found else np.array([], int)
    if not len(crossing):
        return None
    fold = next(fold for fold, groups in enumerate(found) if crossing[0] in groups)
    train, test = splits[fold]
    # A single split needs no number.
    return _Crossing(
        crossing,
        fold if len(splits) > 1 else None,
        train[codes[train] == crossing[0]][0],
        test[codes[test] == crossing[0]][0],
    )


def _example(crossing: _Crossing, names) -> str:
    where = "" if crossing.fold is None else f"in fold {crossing.fold}, "
    return f"{where}{names[crossing.train]} is trained on and {names[crossing.test]} is tested"


def _same(batch: AudioBatch, clips, names) -> str:
    """Name clips that are the same, and in what way."""
    whole = len({batch.sources[i].key for i in clips}) == 1
    return f"{' = '.join(names[i] for i in clips)} ({'byte for byte' if whole else 'after decoding'})"


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _listed(items: Sequence[str], separator: str = ", ") -> str:
    more = len(items) - _MOST_NAMED
    return separator.join(items[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
