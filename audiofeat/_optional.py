"""Optional dependencies: imported where they are used, and named with their extra when they are missing."""

from importlib import import_module
from types import ModuleType

from audiofeat._errors import MissingExtraError

__all__ = ["need"]


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
        raise MissingExtraError(
            f"{by} needs {exc.name}, which is not installed. Install it with `pip install '.[{extra}]'` in a clone."
        ) from exc
