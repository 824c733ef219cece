"""How a report calls candidates, clips and lengths of time."""

from pathlib import Path

__all__ = ["clip_name", "duration_in_words", "names_of", "parameters_in_words"]


def names_of(shown) -> list[str]:
    """Name rows of a table.

    Parameters
    ----------
    shown : DataFrame
        The rows.

    Returns
    -------
    list of str
        Features and model, and parameters where the two do not tell rows apart.
    """
    pairs = [f"{row.features} + {row.model}" if row.features else row.model for row in shown.itertuples()]
    return [
        f"{pair} ({parameters_in_words(params)})" if pairs.count(pair) > 1 and params else pair
        for pair, params in zip(pairs, shown["params"], strict=True)
    ]


def parameters_in_words(params: dict) -> str:
    """Write parameters.

    Parameters
    ----------
    params : dict
        Their values.

    Returns
    -------
    str
        Without the names of the steps, where they can be told apart without.
    """
    short = [name.rpartition("__")[2] for name in params]
    names = short if len(set(short)) == len(short) else [name.partition("__")[2] for name in params]
    return ", ".join(f"{name}={value!r}" for name, value in zip(names, params.values(), strict=True))


def clip_name(path: str | None, index: int) -> str:
    """Name a clip.

    Parameters
    ----------
    path : str or None
        Its file.
    index : int
        Its place.

    Returns
    -------
    str
        The name of the file with that of its folder, which often is its class.
    """
    return f"clip {index}" if path is None else "/".join(Path(path).parts[-2:])


def duration_in_words(seconds: float) -> str:
    """Write a length of time.

    Parameters
    ----------
    seconds : float
        The length [s].

    Returns
    -------
    str
        In hours, minutes or seconds.

    Examples
    --------
    >>> from audiofeat.compare.report.names import duration_in_words
    >>> duration_in_words(4.25), duration_in_words(754), duration_in_words(8000)
    ('4.2 s', '12 min 34 s', '2 h 13 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
