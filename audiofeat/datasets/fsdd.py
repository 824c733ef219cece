"""Spoken digits of the Free Spoken Digit Dataset."""

from pathlib import PurePosixPath

import numpy as np
from sklearn.utils import Bunch

from audiofeat.datasets._bunches import counted, cut_by_split, underlined
from audiofeat.datasets._paths import path_array
from audiofeat.datasets.fetching import Source, fetch, read_registry

__all__ = ["fetch_fsdd"]

_SOURCE = Source(
    by="fetch_fsdd",
    title="Free Spoken Digit Dataset",
    repository="Jakobovski/free-spoken-digit-dataset",
    commit="26eb9aaf76e81b692f806f9140c2d2777410d7a1",
    folders=("fsdd",),
    layout="recordings/*.wav",
)
# "The first 10 %" of the recordings of a digit by a speaker, as the README of the data set has it.
_TEST_BELOW = 5

_DESCR = """\
{heading}
{n_clips} recordings of the digits 0 to 9 in English, 8 kHz mono WAV, 0.1 to 2.3 s long: 50 of each digit by each
speaker.

:Speakers: {speakers}
:Published split: {splits}; recordings 0 to 4 of each digit and speaker are the test part
:Source: {page}, by Zohar Jackson and contributors
:Licence: Creative Commons Attribution-ShareAlike 4.0 International (CC BY-SA 4.0)

All speakers stand on both sides of the published split, so it measures recognition of known voices. For unknown ones
cross-validate with `groups`, the speaker of each clip.
"""


def fetch_fsdd(*, data_home=None, download_if_missing=True, base_url=None, return_X_y=False):
    """Fetch the Free Spoken Digit Dataset.

    3,000 clips of spoken digits by six speakers, 27 MB. Choose it for a problem of ten classes with many short clips,
    or for what happens when a model meets a new speaker.

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

        data : ndarray of shape (3000,)
            Absolute paths of the recordings as strings, in natural order.
        target : ndarray of shape (3000,)
            The digit, ``"0"`` to ``"9"``.
        target_names : ndarray of shape (10,)
            The digits in sorted order.
        groups : ndarray of shape (3000,)
            The speaker of each clip.
        split : ndarray of shape (3000,)
            ``"train"`` (2,700) or ``"test"`` (300), as published.
        data_train, target_train, groups_train, data_test, target_test, groups_test : ndarray
            `data`, `target` and `groups` of each part of the split.
        DESCR : str
            Description, licence and attribution.

        or, with ``return_X_y=True``, the tuple ``(data, target)``.

    Raises
    ------
    DatasetNotFoundError
        If the files are neither on this machine nor to be had, or are not the published ones.

    See Also
    --------
    fetch_esc10 : Sounds of the environment in ten classes.

    Notes
    -----
    Files are downloaded one by one, several at a time, and each is verified by its sha256; after an interruption the next
    call goes on with those that are missing.

    References
    ----------
    .. [1] Jackson, Z., et al. Free Spoken Digit Dataset. https://github.com/Jakobovski/free-spoken-digit-dataset

    Examples
    --------
    >>> from audiofeat.datasets import fetch_fsdd
    >>> fetch_fsdd(data_home="no/such/folder", download_if_missing=False)
    Traceback (most recent call last):
        ...
    audiofeat._errors.DatasetNotFoundError: fetch_fsdd could not get the files of Free Spoken Digit Dataset:...
    """
    files = read_registry("fsdd.txt", str)
    folder = fetch(_SOURCE, files, data_home=data_home, download_if_missing=download_if_missing, base_url=base_url)
    data = path_array(str(folder / file.path) for file in files)
    # digit_speaker_index.wav
    digit, speaker, index = zip(*(PurePosixPath(file.path).stem.split("_") for file in files), strict=True)
    target, groups = np.array(digit), np.array(speaker)
    if return_X_y:
        return data, target
    split = np.where(np.array(index, dtype=int) < _TEST_BELOW, "test", "train")
    return Bunch(
        data=data,
        target=target,
        target_names=np.unique(target),
        groups=groups,
        split=split,
        DESCR=_DESCR.format(
            heading=underlined(_SOURCE.title),
            n_clips=len(data),
            speakers=counted(groups),
            splits=counted(split),
            page=_SOURCE.page,
        ),
        **cut_by_split(split, {"data": data, "target": target, "groups": groups}),
    )
