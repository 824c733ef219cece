"""Normalising framewise features over time: per clip, or by what the training clips taught."""

from collections.abc import Sequence

import numpy as np
from sklearn.utils.validation import check_is_fitted

from audiofeat._sklearn import StrOptions
from audiofeat.transformers._names import with_row_names
from audiofeat.transformers.maps import _MapTransformer, _row_means, _row_scales, _sounding

__all__ = ["CepstralNormalization"]

# A standard deviation below this part of the mean is rounding: float64 sums of millions of frames are exact to about it.
_ROUNDING = 1e-12


class CepstralNormalization(_MapTransformer):
    """Take the mean over time out of framewise features, and their spread.

    A microphone or a room adds a constant to every cepstral coefficient, which the mean over a clip takes with it. Choose
    it between framewise features and `Delta`, `StatsPooling` or a network; pooled means are zero after it if it works per
    clip, so pool other statistics then.

    Parameters
    ----------
    norm : {"mean", "mean_variance"}, default="mean_variance"
        Whether the mean of each row is subtracted, or the result is also divided by its standard deviation.
    per : {"clip", "fit"}, default="clip"
        Whether mean and deviation are those of each clip, or those of all frames of the clips seen in `fit`.

    Attributes
    ----------
    mean_ : ndarray of shape (n_rows,)
        Mean of each row over the frames of all clips, with ``per="fit"``.
    scale_ : ndarray of shape (n_rows,)
        What each row is divided by, with ``per="fit"``; 1 for constant rows and with ``norm="mean"``.
    n_rows_ : int
        Number of rows of the features it was fitted on.
    n_features_in_ : int
        Length of the second axis of the input.

    See Also
    --------
    sklearn.preprocessing.StandardScaler : The same for columns of pooled features.

    Notes
    -----
    ``(x - mean) / deviation`` with the deviation of the population; rows that do not vary become zero. The silence that a
    map ends with, which `AudioLoader(duration=...)` pads with, does not count (`audiofeat.dsp.sounding_frames`), and stays
    in the map as what it is, below what sounds. Padding with the clip again (``pad_mode="wrap"``) sounds, and counts.

    References
    ----------
    B. S. Atal, "Effectiveness of linear prediction characteristics of the speech wave for automatic speaker
    identification and verification", J. Acoust. Soc. Am. 55(6), 1974, https://doi.org/10.1121/1.1914702

    O. Viikki and K. Laurila, "Cepstral domain segmental feature vector normalization for noise robust speech
    recognition", Speech Communication 25(1-3), 1998, https://doi.org/10.1016/S0167-6393(98)00033-8

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import CepstralNormalization
    >>> maps = np.array([[[1.0, 3.0], [5.0, 5.0]], [[4.0, 8.0], [5.0, 5.0]]])
    >>> CepstralNormalization().fit_transform(maps)
    array([[[-1.,  1.],
            [ 0.,  0.]],
    <BLANKLINE>
           [[-1.,  1.],
            [ 0.,  0.]]])
    >>> CepstralNormalization("mean", per="fit").fit(maps).mean_
    array([4., 5.])
    """

    _parameter_constraints: dict = {
        "norm": [StrOptions({"mean", "mean_variance"})],
        "per": [StrOptions({"clip", "fit"})],
    }

    def __init__(self, norm="mean_variance", per="clip"):
        self.norm = norm
        self.per = per

    def fit(self, X, y=None):
        """Check the parameters, and learn mean and deviation with ``per="fit"``.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_rows, n_frames)
            Framewise features; a 2-D array counts as one row per clip.
        y : None
            Ignored.

        Returns
        -------
        self
            The fitted transformer.
        """
        self._validate_params()
        maps = self._maps(X, reset=True)
        self.n_rows_ = maps.shape[1]
        if self.per == "fit":
            self.mean_, self.scale_ = self._statistics(_sounding(maps))
        return self

    def transform(self, X):
        """Normalise each clip.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_rows, n_frames)
            Framewise features; a 2-D array counts as one row per clip.

        Returns
        -------
        ndarray of shape (n_clips, n_rows, n_frames)
            The normalised features, in the type of `X`.
        """
        check_is_fitted(self)
        maps = self._maps(X, reset=False)
        if self.per == "fit":
            mean, scale = self.mean_[:, None], self.scale_[:, None]
        else:
            statistics = [self._statistics([part]) for part in _sounding(maps)]
            mean, scale = np.swapaxes(statistics, 0, 1)[..., None]
        # In float64 up to the end: what is subtracted may be much larger than what is left.
        return with_row_names(self, ((maps - mean) / scale).astype(maps.dtype))

    def get_feature_names_out(self, input_features=None):
        """Name the rows of the output, which are those of the input.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the rows, which a pipeline passes on. None means those that they had in `fit`, if any, or numbers them.

        Returns
        -------
        ndarray of shape (n_rows,)
            Names such as ``mfcc_03``, or ``row_03`` for rows without a name.
        """
        return np.array(self._row_names(input_features), dtype=object)

    def _gives_table(self):
        return False

    def _statistics(self, parts: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Mean of each row over the frames of all parts, and what to divide it by."""
        mean = _row_means(parts)
        return mean, np.ones_like(mean) if self.norm == "mean" else _row_scales(parts, mean, rounding=_ROUNDING)
