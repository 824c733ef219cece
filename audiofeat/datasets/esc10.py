"""Sounds of the environment: ESC-10."""

from importlib.resources import files as package_files
from pathlib import PurePosixPath

import numpy as np
from sklearn.utils import Bunch

from audiofeat.datasets._bunches import counted, underlined
from audiofeat.datasets._paths import path_array
from audiofeat.datasets.fetching import PublishedFile, Source, fetch, named_folders, read_registry

__all__ = ["fetch_esc10"]

_FOLDS = (1, 2, 3, 4, 5)
_SOURCE = Source(
    by="fetch_esc10",
    title="ESC-10",
    repository="karolpiczak/ESC-10",
    # The last commit that holds the audio itself.
    commit="553c8f1743b9dba6b282e1323c3ca8fa76923448",
    # A copy for development may lack folds, so the whole data set is looked for first.
    folders=("esc10", "esc10_dev"),
    layout="audio/<class>/*.ogg",
)

_DESCR = """\
{heading}
{n_clips} recordings of ten kinds of sounds, 44.1 kHz mono Ogg Vorbis, mostly 5 s long, in folds {folds} of 5.

:Classes: {classes}
:Source: {page}, by Karol J. Piczak, from recordings published on Freesound
:Licence: Creative Commons Attribution 3.0 (CC BY 3.0) for the data set; single clips {licences}

The columns `licence`, `author`, `title` and `url` of `frame` say whom each clip is owed to. Clips cut from one recording
have one `groups` entry, its number on Freesound, and lie in one fold: cross-validate with
`PredefinedSplit(fold)` as published, or with `groups`.

Please cite: K. J. Piczak, ESC: Dataset for Environmental Sound Classification, Proceedings of the 23rd ACM
International Conference on Multimedia, 2015, https://doi.org/10.1145/2733373.2806390
"""


def fetch_esc10(*, folds=None, data_home=None, download_if_missing=True, base_url=None, return_X_y=False):
    """Fetch ESC-10, ten kinds of sounds of the environment.

    400 clips of 5 s in five folds, 41 MB. Choose it for a problem of ten classes whose published folds make results
    comparable.

    Parameters
    ----------
    folds : iterable of int or None, default=None
        Which of the folds 1 to 5 to fetch; None for all, or for those that are there if the folder that
        ``AUDIOFEAT_DATA`` names holds only some of them whole.
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
        Whether to return ``(data, target)`` in place of the Bunch.

    Returns
    -------
    sklearn.utils.Bunch or tuple
        With the fields

        data : ndarray of shape (n_clips,)
            Absolute paths of the recordings as strings, class by class in natural order; 80 a fold.
        target : ndarray of shape (n_clips,)
            The class of each clip, such as ``"sea_waves"``.
        target_names : ndarray of shape (10,)
            The classes in sorted order.
        fold : ndarray of shape (n_clips,)
            The published fold of each clip, 1 to 5.
        groups : ndarray of shape (n_clips,)
            The recording that each clip was cut from, by its number on Freesound as a string.
        frame : pandas.DataFrame
            One row per clip with the columns ``path``, ``label``, ``fold``, ``group``, ``licence``, ``author``,
            ``title`` and ``url``.
        DESCR : str
            Description, licence and attribution.

        or, with ``return_X_y=True``, the tuple ``(data, target)``.

    Raises
    ------
    DatasetNotFoundError
        If the files are neither on this machine nor to be had, or are not the published ones.
    ValueError
        If there is no such fold.

    See Also
    --------
    fetch_fsdd : Spoken digits.

    Notes
    -----
    Files are downloaded one by one, several at a time, and each is verified by its sha256; after an interruption the next
    call goes on with those that are missing.

    References
    ----------
    .. [1] Piczak, K. J. (2015). ESC: Dataset for Environmental Sound Classification. Proceedings of the 23rd ACM
       International Conference on Multimedia, 1015-1018. https://doi.org/10.1145/2733373.2806390

    Examples
    --------
    >>> from audiofeat.datasets import fetch_esc10
    >>> fetch_esc10(folds=[6])
    Traceback (most recent call last):
        ...
    ValueError: fetch_esc10 got folds=[6], expected some of the folds 1 to 5, each once.
    """
    import pandas as pd

    files = read_registry("esc10.txt", _local_path)
    if folds is None:
        wanted = _folds_at_hand(files) if data_home is None else _FOLDS
    else:
        wanted = _checked_folds(folds)
    files = tuple(file for file in files if _fold(file) in wanted)
    folder = fetch(_SOURCE, files, data_home=data_home, download_if_missing=download_if_missing, base_url=base_url)
    data = path_array(str(folder / file.path) for file in files)
    target = np.array([PurePosixPath(file.path).parent.name for file in files])
    if return_X_y:
        return data, target
    fold = np.array([_fold(file) for file in files])
    # fold-source-take.ogg
    groups = np.array([PurePosixPath(file.path).name.split("-")[1] for file in files])
    credits = _credits()
    owed = pd.DataFrame([credits[PurePosixPath(file.path).name] for file in files])
    return Bunch(
        data=data,
        target=target,
        target_names=np.unique(target),
        fold=fold,
        groups=groups,
        frame=pd.concat([pd.DataFrame({"path": data, "label": target, "fold": fold, "group": groups}), owed], axis=1),
        DESCR=_DESCR.format(
            heading=underlined(_SOURCE.title),
            n_clips=len(data),
            folds=", ".join(map(str, sorted(wanted))),
            classes=counted(target),
            page=_SOURCE.page,
            licences=counted(owed["licence"].to_numpy(dtype=np.str_)),
        ),
    )


def _local_path(remote_path: str) -> str:
    """Turn ``001 - Dog bark/1-30226-A.ogg`` into ``audio/dog_bark/1-30226-A.ogg``."""
    folder, name = remote_path.split("/")
    return f"audio/{folder.split(' - ')[1].lower().replace(' ', '_')}/{name}"


def _fold(file: PublishedFile) -> int:
    return int(PurePosixPath(file.path).name.partition("-")[0])


def _folds_at_hand(files) -> tuple[int, ...]:
    """Folds that the first folder named by AUDIOFEAT_DATA with any holds whole; all if there is no such folder.

    The cache is not asked: there a missing fold is an interrupted download.
    """
    for folder in named_folders(_SOURCE):
        missing = {_fold(file) for file in files if not folder.joinpath(file.path).is_file()}
        here = tuple(fold for fold in _FOLDS if fold not in missing)
        if here:
            return here
    return _FOLDS


def _checked_folds(folds) -> tuple[int, ...]:
    try:
        wanted = tuple(folds)
    except TypeError as exc:
        raise TypeError(
            f"fetch_esc10 got folds={folds!r}, expected several of the folds 1 to 5, as in (1, 2)."
        ) from exc
    if not wanted or len(set(wanted)) < len(wanted) or not set(wanted) <= set(_FOLDS):
        raise ValueError(f"fetch_esc10 got folds={folds!r}, expected some of the folds 1 to 5, each once.")
    return wanted


def _credits() -> dict[str, dict[str, str]]:
    """Whom each clip is owed to, by its file name."""
    text = package_files("audiofeat.datasets").joinpath("registries", "esc10_clips.txt").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return {name: dict(zip(("licence", "author", "title", "url"), row, strict=True)) for name, *row in rows}
