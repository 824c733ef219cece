"""Names and colours of classes, two of them or fifty."""

from collections.abc import Iterable

__all__ = ["class_color", "class_marker", "class_names"]

# Okabe and Ito's palette without its yellow, which is too light for points: told apart by colour-blind readers.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")


def class_names(classes: Iterable, longest: int = 24) -> list[str]:
    """Write classes, long names shortened.

    Parameters
    ----------
    classes : iterable
        The classes.
    longest : int, default=24
        Most letters of a name.

    Returns
    -------
    list of str
        Their names; a name that shortening would make that of another class keeps its end as well.
    """
    names = [" ".join(str(name).split()) or repr(name) for name in classes]
    cut = [name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…" for name in names]
    half = (longest - 1) // 2
    return [
        f"{name[:half]}…{name[-half:]}" if short != name and cut.count(short) > 1 else short
        for name, short in zip(names, cut, strict=True)
    ]


def class_color(number: int) -> str:
    """Choose the colour of a class.

    Parameters
    ----------
    number : int
        Which class.

    Returns
    -------
    str
        The colour; they begin again after seven classes.
    """
    return _COLORS[number % len(_COLORS)]


def class_marker(number: int) -> str:
    """Choose the marker of a class.

    Parameters
    ----------
    number : int
        Which class.

    Returns
    -------
    str
        Another one whenever the colours begin again, so that 56 classes differ.
    """
    return _MARKERS[number // len(_COLORS) % len(_MARKERS)]
