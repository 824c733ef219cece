"""What in time and frequency a fitted pipeline listens to."""

from collections.abc import Callable
from copy import copy
from functools import partial
from itertools import islice

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from audiofeat.dsp import mel_band_edges, occluded_tiles
from audiofeat.plotting._clips import decoded, one_clip
from audiofeat.plotting._panels import panels
from audiofeat.plotting.spectrogram import SpectrogramDisplay
from audiofeat.transformers import AudioLoader, MelSpectrogram

__all__ = ["OcclusionDisplay"]

# Variants of the clip that are scored at once: memory for that many clips.
_AT_ONCE = 32
# Opacity of the largest effect; smaller ones let more of the spectrogram through.
_OPAQUE = 0.85
# Smallest largest effect that gets full colour, so that rounding does not look like listening.
_VISIBLE = 0.05
# Smallest probability that counts, as some models give 0 and 1.
_SMALLEST = 1e-9
# Analysis of the spectrogram below: about 32 ms, as for the tiles [s].
_FRAME_SECONDS = 0.032


class OcclusionDisplay:
    """Map of a clip in time and frequency that shows what a fitted pipeline listens to.

    Each tile of the clip is made inaudible in turn, and the pipeline is asked again: where the score of the class falls,
    the pipeline has heard something that speaks for it. The samples are changed, not the features, so that any pipeline
    can be asked, classical or CNN, pooled or not. Look at it before you trust a score: a model that listens to the hum of
    the recorder, or to the silence after the call, shows it here. Use `from_estimator` to make it.

    Parameters
    ----------
    effects : array-like of shape (n_bands, n_segments)
        How much the log-odds of the class, or its decision value, fall without each tile; negative where they rise.
    time_edges : array-like of shape (n_segments + 1,)
        Borders of the tiles [s].
    band_edges : array-like of shape (n_bands + 1,)
        Borders of the tiles [Hz].
    label : object
        The class whose score it is.
    score : float
        Probability of the class, or its decision value, for the whole clip.
    score_name : {"probability", "decision value"}, default="probability"
        What the score is.
    spectrogram : SpectrogramDisplay or None, default=None
        Drawn in grey below the map.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What it is drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.
    image_ : matplotlib QuadMesh
        The map.
    colorbar_ : matplotlib Colorbar or None
        Its colour bar.

    See Also
    --------
    SpectrogramDisplay : The clip itself.

    Notes
    -----
    Effects are falls of the log-odds ``log(p / (1 - p))``, because the probability of a model that is sure hardly moves.
    What a pipeline takes from two places, either of which is enough, shows in neither. The method is that of Zeiler and
    Fergus [1]_, carried from pictures to sound.

    References
    ----------
    .. [1] M. D. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014.
       https://doi.org/10.1007/978-3-319-10590-1_53

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from audiofeat import AudioLoader, MelSpectrogram, OcclusionDisplay
    >>> times = np.arange(8000) / 8000
    >>> clips = [np.sin(2 * np.pi * hz * times) for hz in (500, 520, 540, 2000, 2100, 2200)]
    >>> pipeline = make_pipeline(AudioLoader(sample_rate=8000), MelSpectrogram(n_mels=20), LogisticRegression())
    >>> _ = pipeline.fit(clips, ["low"] * 3 + ["high"] * 3)
    >>> display = OcclusionDisplay.from_estimator(pipeline, clips[0], n_bands=4, n_segments=1)
    >>> display.label, int(np.argmax(display.effects))
    ('low', 0)
    >>> display.ax_.get_ylabel()
    'Frequency [Hz]'
    >>> plt.close(display.figure_)
    """

    def __init__(self, effects, time_edges, band_edges, *, label, score, score_name="probability", spectrogram=None):
        self.effects = effects
        self.time_edges = time_edges
        self.band_edges = band_edges
        self.label = label
        self.score = score
        self.score_name = score_name
        self.spectrogram = spectrogram

    @classmethod
    def from_estimator(
        cls,
        estimator,
        clip,
        *,
        label=None,
        n_bands=12,
        n_segments=16,
        attenuation=60.0,
        ax=None,
        cmap="RdBu_r",
        colorbar=True,
    ):
        """Ask a fitted pipeline about a clip, tile by tile, and draw the answers.

        Parameters
        ----------
        estimator : Pipeline, or search over one
            Fitted; a classifier that takes recordings.
        clip : path, bytes, file object, 1-D array, (rate, array) pair, or AudioBatch or DataFrame of one clip
            The clip. An array without a rate is taken to be at the loader's sample rate, or at 22,050 Hz without a
            loader. Only what the pipeline's loader takes of it is shown.
        label : object, default=None
            The class whose score is watched. None means the predicted one.
        n_bands : int, default=12
            Number of bands, of equal width in mels. More show finer detail, and cost a prediction each times
            `n_segments`.
        n_segments : int, default=16
            Number of stretches of time, of equal length.
        attenuation : float, default=60.0
            How much quieter a tile is made [dB].
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a new figure.
        cmap : str or Colormap, default="RdBu_r"
            Colours of the effects, as in `plot`.
        colorbar : bool, default=True
            Whether to draw a colour bar.

        Returns
        -------
        OcclusionDisplay
            Drawn.

        Raises
        ------
        NotFittedError
            If the pipeline is not fitted.
        TypeError
            If it is no classifier that gives scores.
        ValueError
            If `label` is none of its classes, or there is not one clip or tile.
        AudioInputError
            If the clip cannot be used.
        """
        check_is_fitted(estimator)
        if min(n_bands, n_segments) < 1:
            raise ValueError(
                f"{cls.__name__} got n_bands={n_bands!r} and n_segments={n_segments!r}; expected at least 1 of each."
            )
        pipeline = getattr(estimator, "best_estimator_", estimator)
        samples, rate, heard_rate = _heard(pipeline, clip, by=cls.__name__)
        score_of, score_name = _scorer(pipeline, by=cls.__name__)
        (whole,) = score_of([(rate, samples)])
        classes = np.asarray(pipeline.classes_).tolist()
        if label is not None and label not in classes:
            raise ValueError(f"{cls.__name__} got label={label!r}; expected one of the classes {classes!r}.")
        column = int(np.argmax(whole)) if label is None else classes.index(label)
        times = np.linspace(0, len(samples) / rate, n_segments + 1)
        bands = mel_band_edges(n_bands, heard_rate / 2)
        variants = occluded_tiles(samples, rate, times, bands, attenuation=attenuation)
        evidence = partial(_evidence, column=column, score_name=score_name)
        scores: list[float] = []
        while some := [(rate, variant) for variant in islice(variants, _AT_ONCE)]:
            scores.extend(evidence(score_of(some)))
        display = cls(
            evidence(whole[None])[0] - np.reshape(scores, (n_bands, n_segments)),
            times,
            bands,
            label=classes[column],
            score=float(whole[column]),
            score_name=score_name,
            spectrogram=_background(samples, rate, heard_rate),
        )
        return display.plot(ax, cmap=cmap, colorbar=colorbar)

    def plot(self, ax=None, *, cmap="RdBu_r", colorbar=True):
        """Draw the map over the spectrogram.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a new figure.
        cmap : str or Colormap, default="RdBu_r"
            Colours of the effects; its two ends are what speaks against the class and what speaks for it.
        colorbar : bool, default=True
            Whether to draw a colour bar.

        Returns
        -------
        OcclusionDisplay
            Itself, with `ax_`, `figure_`, `image_` and `colorbar_`.
        """
        (ax,) = panels(ax, figsize=(6.4, 3.6), by=type(self).__name__)
        if self.spectrogram is not None:
            self.spectrogram.plot(ax=ax, cmap="Greys", colorbar=False)
        effects = np.asarray(self.effects, dtype=float)
        limit = max(float(np.abs(effects).max()), _VISIBLE)
        self.image_ = ax.pcolormesh(
            self.time_edges,
            self.band_edges,
            effects,
            cmap=cmap,
            vmin=-limit,
            vmax=limit,
            alpha=_OPAQUE * np.abs(effects) / limit,
            linewidth=0,
            zorder=2,
        )
        ax.set(
            xlim=(self.time_edges[0], self.time_edges[-1]),
            ylim=(self.band_edges[0], self.band_edges[-1]),
            ylabel="Frequency [Hz]",
            title=f"{self.score_name.capitalize()} of {self.label!s}: {self.score:.2f}",
        )
        self.colorbar_ = None
        if colorbar:
            lost = "Log-odds" if self.score_name == "probability" else "Decision value"
            self.colorbar_ = _bar(ax, limit, cmap, f"{lost} lost without it")
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _heard(pipeline, clip, *, by: str) -> tuple[np.ndarray, int, float]:
    """What the pipeline takes of a clip: its samples, their rate, and the rate at which it hears them."""
    loader = _loader(pipeline)
    if loader is None:
        batch = one_clip(clip, None, by=by)
    else:
        # At the clip's own rate, so that the pipeline's own resampling comes after the tile is taken out.
        plain = AudioLoader(sample_rate=None, duration=loader.duration, offset=loader.offset)
        if isinstance(clip, np.ndarray):
            clip = (loader.sample_rate_, clip)
        batch = one_clip(clip, plain, by=by)
    samples, n_valid = decoded(batch, by=by)
    rate = batch.sample_rate
    return samples[:n_valid], rate, rate if loader is None else min(rate, loader.sample_rate_)


def _loader(pipeline) -> AudioLoader | None:
    if isinstance(pipeline, Pipeline) and isinstance(pipeline[0], AudioLoader):
        return pipeline[0]
    return None


def _scorer(pipeline, *, by: str) -> tuple[Callable[[list], np.ndarray], str]:
    """A function from ``(rate, samples)`` pairs to scores ``(n_clips, n_classes)``, and what they are."""
    kinds = {"predict_proba": "probability", "decision_function": "decision value"}
    method = next((name for name in kinds if hasattr(pipeline, name)), None)
    if method is None:
        raise TypeError(
            f"{by} got {type(pipeline).__name__}, which has neither predict_proba nor decision_function; expected a fitted "
            "Pipeline that ends in a classifier."
        )
    if (loader := _loader(pipeline)) is not None:
        # What is taken out of the clip is no recording: it is neither skipped into again nor kept in a store.
        loader = copy(loader).set_params(offset=0.0, memory=None)
        pipeline = Pipeline([("load", loader), *pipeline.steps[1:]])

    def score(pairs: list) -> np.ndarray:
        clips = pairs if loader is not None else AudioLoader(sample_rate=None).fit_transform(pairs)
        scores = np.asarray(getattr(pipeline, method)(clips))
        # Two classes have one decision value, that of the second.
        return np.column_stack([-scores, scores]) if scores.ndim == 1 else scores

    return score, kinds[method]


def _evidence(scores: np.ndarray, *, column: int, score_name: str) -> np.ndarray:
    """What speaks for a class, on a scale on which a model that is sure can still become less so."""
    if score_name == "decision value":
        return scores[:, column]
    # The others are added up, because 1 - p has no digits left where p is nearly 1.
    others = np.delete(scores, column, axis=1).sum(axis=1)
    return np.log(np.maximum(scores[:, column], _SMALLEST)) - np.log(np.maximum(others, _SMALLEST))


def _background(samples: np.ndarray, rate: int, heard_rate: float) -> SpectrogramDisplay:
    batch = AudioLoader(sample_rate=round(heard_rate)).fit_transform([(rate, samples)])
    hop_length = max(1, round(_FRAME_SECONDS * heard_rate / 4))
    mel = MelSpectrogram(n_mels=64, n_fft=4 * hop_length, hop_length=hop_length, top_db=60.0)
    return SpectrogramDisplay._of_clip(batch, mel, None)


def _bar(ax, limit: float, cmap, label: str):
    """A colour bar of full colours: the map's own would fade with the tiles."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    return ax.figure.colorbar(ScalarMappable(Normalize(-limit, limit), cmap), ax=ax, label=label)
