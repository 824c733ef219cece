"""Optional dependencies: imported where they are used, and named with their extra when they are missing."""

from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType

from audiofeat._errors import MissingExtraError

__all__ = ["need", "need_file"]


def need(module: str, *, extra: str, by: str) -> ModuleType:
    """Import an optional module, or say which extra brings it.

    Parameters
    ----------
    module : str
        Dotted name of the module.
    extra : str
        The extra of this project that installs it.
    by : str
        What needs it, named at the start of the message.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    MissingExtraError
        If the module is not installed.

    Examples
    --------
    >>> from audiofeat._optional import need
    >>> need("json", extra="cnn", by="CNNClassifier").dumps([1])
    '[1]'
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as exc:
        # A missing module inside an installed one is that one's problem, and its own message says more.
        if exc.name != module.partition(".")[0]:
            raise
        raise _missing(exc.name, extra=extra, by=by) from exc


def need_file(distribution: str, ending: str, *, extra: str, by: str) -> Path:
    """Find a file that an optional distribution installs, without importing any of its code.

    Parameters
    ----------
    distribution : str
        Name that pip knows it by.
    ending : str
        End of the file's path inside the distribution.
    extra : str
        The extra of this project that installs it.
    by : str
        What needs it, named at the start of the message.

    Returns
    -------
    Path
        Where the file is.

    Raises
    ------
    MissingExtraError
        If the distribution is not installed, or has no such file.

    Examples
    --------
    >>> from audiofeat._optional import need_file
    >>> need_file("numpy", "numpy/__init__.py", extra="cnn", by="CNNClassifier").name
    '__init__.py'
    """
    try:
        installed = metadata.distribution(distribution)
    except metadata.PackageNotFoundError as exc:
        raise _missing(distribution, extra=extra, by=by) from exc
    for file in installed.files or ():
        path = Path(str(installed.locate_file(file)))
        if path.as_posix().endswith(ending) and path.is_file():
            return path
    raise MissingExtraError(
        f"{by} looked in {distribution} {installed.version} for {ending!r}, which is not there. Install it anew with "
        f"`pip install --force-reinstall {distribution}`."
    )


def _missing(name: str | None, *, extra: str, by: str) -> MissingExtraError:
    return MissingExtraError(
        f"{by} needs {name}, which is not installed. Install it with `pip install '.[{extra}]'` in a clone."
    )
