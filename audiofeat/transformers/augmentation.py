"""Changed waveforms to train on, in place of the recordings themselves."""

from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from audiofeat._sklearn import Interval
from audiofeat.audio import ArraySource, AudioBatch, ChangedSource, WaveformChanges, generator_of
from audiofeat.transformers._base import DEFAULT_SAMPLE_RATE, FlexibleOutputMixin, as_clips

__all__ = ["WaveformAugmenter"]


# Like the loader's, its output is no table.
class WaveformAugmenter(FlexibleOutputMixin, BaseEstimator, auto_wrap_output_keys=None):
    """Change the clips that a pipeline is fitted on, and no others.

    Stands between `AudioLoader` and the features. When a pipeline is fitted, scikit-learn calls `fit_transform`, which
    hands on changed clips; when it predicts or scores, it calls `transform`, which hands clips on as they are. Choose it
    where recordings will differ in level, noise or speed from the few there are to train on, with any model behind it.

    Parameters
    ----------
    gain : float, default=6.0
        Largest change of level, to either side [dB].
    noise : tuple of float or None, default=(15.0, 40.0)
        Lowest and highest ratio of a clip's power to that of the white noise that is added to it [dB]; lower is noisier.
        None adds none.
    time_shift : float, default=0.0
        Largest circular shift, to either side [fraction of the clip]. Pooled features hardly notice it.
    speed : float, default=0.05
        Largest change of speed, to either side, which changes pitch with it [fraction], as a faster tape would. On
        speech it stands for other voices.
    probability : float, default=0.5
        Share of the clips that are changed. The others stay, so that the model also meets clips as `transform` gives
        them.
    random_state : int, RandomState instance or None, default=None
        Determines the draws. With an int a clip is changed in the same way in every fit, fold and process, so that its
        features can be found in the store of ``AudioLoader(memory=...)``; else in a new way in each fit.

    Attributes
    ----------
    n_features_in_ : int
        Number of samples of a clip, if the clips were a 2-D array.

    See Also
    --------
    SpectrogramAugmenter : Changes framewise features, anew in each epoch of a `CNNClassifier`.

    Notes
    -----
    The number and order of the clips stay as they are, because labels, weights and groups cannot be changed by a
    transformer. So ``fit_transform(X)`` differs from ``fit(X).transform(X)``, on purpose; call the latter for features
    of the clips themselves.

    What happens to a clip depends on its content and `random_state` alone, not on the other clips; equal clips are
    changed equally. Changes of speed resample the clip [1]_; a clip of fixed length is then cut or padded as the loader
    would, and one of an array is cut or followed by silence.

    References
    ----------
    .. [1] Ko, T., Peddinti, V., Povey, D., & Khudanpur, S. (2015). Audio augmentation for speech recognition.
       Interspeech 2015, 3586-3589. https://doi.org/10.21437/Interspeech.2015-711

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import WaveformAugmenter
    >>> clips = np.random.default_rng(0).standard_normal((2, 8000))
    >>> augmenter = WaveformAugmenter(probability=1, random_state=0)
    >>> bool((augmenter.fit_transform(clips) == clips).any())
    False
    >>> bool((augmenter.transform(clips) == clips).all())
    True
    """

    _parameter_constraints: dict = {
        "gain": [Interval(Real, 0, None, closed="left")],
        "noise": [tuple, list, None],
        "time_shift": [Interval(Real, 0, 1, closed="both")],
        "speed": [Interval(Real, 0, 0.5, closed="both")],
        "probability": [Interval(Real, 0, 1, closed="both")],
        "random_state": ["random_state"],
    }

    def __init__(self, gain=6.0, noise=(15.0, 40.0), time_shift=0.0, speed=0.05, probability=0.5, random_state=None):
        self.gain = gain
        self.noise = noise
        self.time_shift = time_shift
        self.speed = speed
        self.probability = probability
        self.random_state = random_state

    def fit(self, X, y=None):
        """Check the parameters and the kind of input.

        Parameters
        ----------
        X : AudioBatch, array-like of shape (n_clips, n_samples), or list of 1-D arrays
            The clips.
        y : None
            Ignored.

        Returns
        -------
        self
            The fitted augmenter.

        Raises
        ------
        ValueError
            If a parameter is out of its range.
        """
        self._changes()
        as_clips(X, self, reset=True)
        self._is_fitted = True
        return self

    def fit_transform(self, X, y=None):
        """Change clips to train on; a pipeline calls this when it is fitted.

        Parameters
        ----------
        X : AudioBatch, array-like of shape (n_clips, n_samples), or list of 1-D arrays
            The clips.
        y : None
            Ignored.

        Returns
        -------
        AudioBatch, ndarray of shape (n_clips, n_samples), or list of 1-D arrays
            As many clips in the same order, some of them changed. A batch decodes and changes a clip when it is asked
            for.

        Raises
        ------
        ValueError
            If a parameter is out of its range.
        """
        changes = self._changes()
        clips = as_clips(X, self, reset=True)
        self._is_fitted = True
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        if isinstance(clips, AudioBatch):
            sources = [
                ChangedSource(source, clips.settings, changes, seed) if self._draws(clips.key(i), seed) else source
                for i, source in enumerate(clips.sources)
            ]
            return AudioBatch(sources, clips.settings, clips.cache, clips.counts, clips.row_labels, clips.files)
        changed = [self._changed(samples, changes, seed) for samples in clips.arrays]
        return changed if _is_list_of_clips(X) else np.stack(changed)

    def transform(self, X):
        """Hand on clips as they are.

        Parameters
        ----------
        X : AudioBatch, array-like of shape (n_clips, n_samples), or list of 1-D arrays
            The clips.

        Returns
        -------
        AudioBatch, ndarray of shape (n_clips, n_samples), or list of 1-D arrays
            The same clips.
        """
        check_is_fitted(self)
        clips = as_clips(X, self, reset=False)
        if isinstance(clips, AudioBatch):
            return clips
        return list(clips.arrays) if _is_list_of_clips(X) else np.stack(clips.arrays)

    def get_feature_names_out(self, input_features=None):
        """Name the output, so that a pipeline can pass on the names of the features behind it.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of shape (1,)
            The one column of an `AudioBatch`, ``clip``.
        """
        check_is_fitted(self)
        return np.array(["clip"], dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = self.random_state is None
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_is_fitted")

    def _changes(self) -> WaveformChanges:
        """What the parameters ask for, checked."""
        self._validate_params()
        noise = self.noise
        if noise is not None:
            if len(noise) != 2 or not all(isinstance(ratio, Real) for ratio in noise) or not noise[0] <= noise[1]:
                raise ValueError(
                    f"WaveformAugmenter got noise={noise!r}; expected the lowest and the highest ratio of signal to noise "
                    "in dB, such as (15, 40), or None for no noise."
                )
            noise = (float(noise[0]), float(noise[1]))
        return WaveformChanges(self.gain, noise, self.time_shift, self.speed)

    def _draws(self, key: bytes, seed: int) -> bool:
        """Whether a clip is one of those that are changed."""
        # Another stream than the one the changes are drawn from, so that a higher probability changes more clips and
        # none of the others in another way.
        return bool(generator_of(key + b"?", seed).random() < self.probability)

    def _changed(self, samples: np.ndarray, changes: WaveformChanges, seed: int) -> np.ndarray:
        key = ArraySource(samples, DEFAULT_SAMPLE_RATE).key
        if not self._draws(key, seed):
            return samples
        changed = changes.apply(samples, generator_of(key, seed))[: len(samples)]
        return np.pad(changed, (0, len(samples) - len(changed)))


def _is_list_of_clips(X) -> bool:
    """Whether clips came one by one, so that they may differ in length."""
    return isinstance(X, (list, tuple)) and all(isinstance(item, np.ndarray) and item.ndim == 1 for item in X)
