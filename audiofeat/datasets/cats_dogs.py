"""Recordings of cats and dogs, with their published train-test split."""

from importlib.resources import files as package_files
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from audiofeat.datasets._bunches import counted, cut_by_split, underlined
from audiofeat.datasets.fetching import Source, fetch, read_registry
from audiofeat.datasets.splits import load_split_table

__all__ = ["fetch_cats_dogs"]

_TABLE = "train_test_split.csv"
_SOURCE = Source(
    by="fetch_cats_dogs",
    title="Audio Cats and Dogs",
    repository="Bkram12/dog-cat-audio-classification",
    commit="e1f4b51fda19cdb4c5985404c8b0f73f11a683b4",
    folders=("cats_dogs",),
    layout=f"{_TABLE} and wav/*.wav",
)

_DESCR = """\
{heading}
{n_clips} recordings of cats and dogs, 16 kHz mono WAV, 0.9 to 18 s long: {classes}.

:Published split: {splits}
:Source: https://www.kaggle.com/datasets/mmoreaux/audio-cats-and-dogs, by Marc Moreaux; the copy fetched here is
    {page}
:Licence: Creative Commons Attribution-ShareAlike 3.0 (CC BY-SA 3.0), as its page on Kaggle states

Clips that share samples
------------------------
Many clips were cut from one recording with an overlap: {n_shared} clips share runs of samples, equal to the last bit, with
another clip. `groups` gives such clips one name; the {n_clips} clips come from at most {n_groups} recordings. The published
split does not respect them: {n_leaking} of its {n_test} test clips share samples with a training clip.
{twins}A score on it may be too high by what a model remembers of its training clips. To avoid that, cross-validate
with `groups` (`StratifiedGroupKFold`), or train without the clips whose group occurs in `groups_test`. Clips of one
recording that do not overlap cannot be told from their samples, so `groups` is the least that must be kept together.

Odd clips
---------
The table marks {n_odd} clips as `odd` without saying why. None of them is left out: each also stands in the training or the
test part, so they are used; the column `odd` of `frame` tells them.
"""


def fetch_cats_dogs(*, data_home=None, download_if_missing=True, base_url=None, return_X_y=False):
    """Fetch recordings of cats and dogs with their published split.

    277 clips of 1 to 18 s, 59 MB. Choose it for a first real problem of two classes: features of the spectrum get about
    nine clips in ten right. Many clips overlap, across the published split too: see `groups`.

    Parameters
    ----------
    data_home : str, path-like or None, default=None
        The folder that data sets are kept in, each in a folder of its own; None for the cache folder of the user
        (``pooch.os_cache("audiofeat")``) and, before that, the folder that the environment variable
        ``AUDIOFEAT_DATA`` names.
    download_if_missing : bool, default=True
        Whether to download what is not there; if not, that is an error.
    base_url : str or None, default=None
        Another address to download from, below which the files lie as in the repository of the data set; None for the
        repository itself.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` of both splits together in place of the Bunch.

    Returns
    -------
    sklearn.utils.Bunch or tuple
        With the fields

        data : ndarray of shape (277,)
            Absolute paths of the recordings as strings.
        target : ndarray of shape (277,)
            ``"cat"`` (164) or ``"dog"`` (113).
        target_names : ndarray of shape (2,)
            The classes in sorted order.
        groups : ndarray of shape (277,)
            The recording behind each clip, as far as clips share samples: keep one group on one side of a split.
        split : ndarray of shape (277,)
            ``"train"`` (179) or ``"test"`` (98), as published.
        data_train, target_train, groups_train, data_test, target_test, groups_test : ndarray
            `data`, `target` and `groups` of each part of the split.
        frame : pandas.DataFrame
            One row per clip with the columns ``path``, ``label``, ``split``, ``group`` and ``odd``.
        ignored : dict of str to ndarray
            The columns of the split table that are no split.
        DESCR : str
            Description, licence, attribution and what is known to be wrong with the data.

        or, with ``return_X_y=True``, the tuple ``(data, target)``.

    Raises
    ------
    DatasetNotFoundError
        If the files are neither on this machine nor to be had, or are not the published ones.

    See Also
    --------
    make_animal_calls : Synthetic calls, without a download.

    Notes
    -----
    Files are downloaded one by one, several at a time, and each is verified by its sha256; after an interruption the next
    call goes on with those that are missing.

    References
    ----------
    .. [1] Moreaux, M. Audio Cats and Dogs. https://www.kaggle.com/datasets/mmoreaux/audio-cats-and-dogs

    Examples
    --------
    >>> from audiofeat.datasets import fetch_cats_dogs, make_animal_calls
    >>> try:
    ...     pets = fetch_cats_dogs(download_if_missing=False)
    ... except FileNotFoundError:
    ...     pets = make_animal_calls(random_state=0)
    >>> pets.target_names
    array(['cat', 'dog'], dtype='<U3')
    """
    files = read_registry("cats_dogs.txt", _local_path)
    folder = fetch(_SOURCE, files, data_home=data_home, download_if_missing=download_if_missing, base_url=base_url)
    pets = load_split_table(folder / _TABLE, folder=folder / "wav", splits=("train", "test"))
    if return_X_y:
        return pets.data, pets.target
    names = [Path(path).name for path in pets.data]
    recording_of = _recordings()
    groups = np.array([recording_of[name] for name in names])
    odd = np.isin(names, pets.ignored["odd"])
    return Bunch(
        data=pets.data,
        target=pets.target,
        target_names=pets.target_names,
        groups=groups,
        split=pets.split,
        frame=pets.frame.assign(group=groups, odd=odd),
        ignored=pets.ignored,
        DESCR=_describe(names, pets.target, pets.split, groups, odd, {file.path: file.sha256 for file in files}),
        **cut_by_split(pets.split, {"data": pets.data, "target": pets.target, "groups": groups}),
    )


def _local_path(remote_path: str) -> str:
    return remote_path.replace("cats_dogs/", "wav/", 1)


def _recordings() -> dict[str, str]:
    """Name of the recording behind each clip; how it was found stands in the script beside the registry."""
    registry = package_files("audiofeat.datasets").joinpath("registries", "cats_dogs_recordings.txt")
    return dict(line.split("\t") for line in registry.read_text(encoding="utf-8").splitlines())


def _describe(names, target, split, groups, odd, sha256_of) -> str:
    """Fill in the description; its numbers are counted, so that they cannot differ from the data."""
    checksums = np.array([sha256_of[f"wav/{name}"] for name in names])
    train, test = split == "train", split == "test"
    twins = [
        f"{names[j]} is {names[i]}"
        for i in np.flatnonzero(train)
        for j in np.flatnonzero(test & (checksums == checksums[i]))
    ]
    _, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return _DESCR.format(
        heading=underlined(_SOURCE.title),
        n_clips=len(names),
        classes=counted(target),
        splits=counted(split),
        page=_SOURCE.page,
        n_shared=np.sum(sizes[inverse] > 1),
        n_groups=len(sizes),
        n_leaking=np.sum(np.isin(groups[test], groups[train])),
        n_test=np.sum(test),
        twins=f"Byte for byte the same file: {', '.join(twins)}. " if twins else "",
        n_odd=np.sum(odd),
    )
