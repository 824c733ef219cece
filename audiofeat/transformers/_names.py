"""Names of rows that travel with framewise features from one step to the next, where data frames are wanted."""

import numpy as np

from audiofeat._sklearn import output_container

__all__ = ["NamedMaps", "with_row_names"]


class NamedMaps(np.ndarray):
    """Framewise features, ``(n_clips, n_rows, n_frames)``, that know what their rows are called.

    A data frame tells the next step the names of its columns, and cannot have three axes. Names belong to the array as
    a step returned it and to its pickle: what is cut or computed from it has none.

    Attributes
    ----------
    row_names : list of str or None
        A name for each row.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import MFCC
    >>> maps = MFCC(n_mfcc=2, pooling=None).set_output(transform="pandas").fit_transform(np.zeros((1, 4000)))
    >>> maps.row_names, maps[:, :1].row_names
    (['mfcc_0', 'mfcc_1'], None)
    """

    row_names: list[str] | None = None

    def __reduce__(self):
        rebuild, arguments, state = super().__reduce__()  # type: ignore[str-unpack]
        return rebuild, arguments, (*state, self.row_names)

    def __setstate__(self, state):
        super().__setstate__(state[:-1])
        self.row_names = state[-1]


def with_row_names(estimator, maps: np.ndarray) -> np.ndarray:
    """Give framewise output its names, where scikit-learn would make data frames.

    Parameters
    ----------
    estimator : estimator
        Whose output it is.
    maps : ndarray of shape (n_clips, n_rows, n_frames)
        The output.

    Returns
    -------
    ndarray
        The same values; a plain array unless `set_output` or the global configuration ask for data frames.
    """
    if output_container(estimator) == "default":
        return maps
    named = maps.view(NamedMaps)
    named.row_names = list(estimator.get_feature_names_out())
    return named
