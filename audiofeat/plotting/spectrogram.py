"""A spectrogram, or any other feature of a clip over time, as an image with true axes."""

from itertools import accumulate

import numpy as np

from audiofeat.plotting._clips import decoded, one_clip
from audiofeat.plotting._image import beyond, draw_rows
from audiofeat.plotting._panels import TIME_LABEL, mark_padding, panels
from audiofeat.plotting.rows import FeatureRows, describe_rows, framing
from audiofeat.transformers import FeatureBank, MelSpectrogram
from audiofeat.transformers._base import FeatureExtractor
from audiofeat.transformers.shape import framewise

__all__ = ["SpectrogramDisplay"]


class SpectrogramDisplay:
    """A spectrogram, or any other feature of one clip over time, as an image.

    Shows what a model is given to see. The axes are those of the feature: Hz for a spectrogram, Hz on a mel scale for
    mel bands, note names for chroma, the number of the coefficient for MFCCs. Use `from_clip` to make it from a
    recording.

    Parameters
    ----------
    values : array-like of shape (n_rows, n_frames)
        The feature.
    frame_times : array-like of shape (n_frames,)
        Centres of the frames [s], evenly spaced.
    rows : sequence of FeatureRows or None, default=None
        What the rows are: one entry for each group of rows with an axis of its own. None counts the rows.
    duration : float or None, default=None
        Length of the clip [s], at which the time axis ends. None ends it with the last frame.
    valid_seconds : float or None, default=None
        Where the recording ends and the loader's padding begins [s]; None means that there is no padding.

    Attributes
    ----------
    ax_ : matplotlib Axes, or ndarray of Axes
        What it is drawn on; an array, from top to bottom, if there are several groups of rows.
    figure_ : matplotlib Figure
        The figure that holds it.
    image_ : matplotlib AxesImage, or list of AxesImage
        The image of each group of rows.
    colorbar_ : matplotlib Colorbar, list of Colorbar, or None
        The colour bar of each group; None without.

    See Also
    --------
    WaveformDisplay : The clip itself.

    Notes
    -----
    Linear powers and magnitudes are coloured by their logarithm, 80 dB below the maximum. Coefficients with a sign are
    coloured around zero, over the range of 90 % of them: the pointed ends of the colour bar stand for what lies beyond.
    A `FeatureBank`, and an `MFCC` with derivatives, is a panel for each member or derivative, on one time axis.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from audiofeat import MFCC, SpectrogramDisplay
    >>> beep = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    >>> display = SpectrogramDisplay.from_clip((16000, beep), MFCC(n_mfcc=13))
    >>> display.values.shape
    (13, 32)
    >>> display.ax_.get_ylabel()
    'MFCC'
    >>> plt.close(display.figure_)
    """

    def __init__(self, values, frame_times, *, rows=None, duration=None, valid_seconds=None):
        self.values = values
        self.frame_times = frame_times
        self.rows = rows
        self.duration = duration
        self.valid_seconds = valid_seconds

    @classmethod
    def from_clip(cls, clip, extractor=None, *, loader=None, ax=None, cmap=None, colorbar=True):
        """Compute a feature of a clip, frame by frame, and draw it.

        Parameters
        ----------
        clip : path, bytes, file object, 1-D array, (rate, array) pair, or AudioBatch or DataFrame of one clip
            The clip. An array without a rate is taken to be at the loader's sample rate, or at 22,050 Hz without a
            loader.
        extractor : FeatureExtractor, FeatureBank or None, default=None
            The feature, whose `pooling` does not matter. None means ``MelSpectrogram()``.
        loader : AudioLoader or None, default=None
            How to load the clip. None mixes it down, and leaves its rate and length as they are.
        ax : matplotlib Axes, sequence of Axes or None, default=None
            Where to draw, as in `plot`. None makes a new figure.
        cmap : str, Colormap or None, default=None
            The colours, as in `plot`.
        colorbar : bool, default=True
            Whether to draw a colour bar beside each image.

        Returns
        -------
        SpectrogramDisplay
            Drawn.

        Raises
        ------
        TypeError
            If `extractor` is none of this project's.
        AudioInputError
            If the clip cannot be used.
        ValueError
            If there is more than one clip, or the extractor refuses its parameters or the clip's sample rate.
        """
        return cls._of_clip(clip, extractor, loader).plot(ax, cmap=cmap, colorbar=colorbar)

    @classmethod
    def _of_clip(cls, clip, extractor, loader):
        extractor = MelSpectrogram() if extractor is None else extractor
        if not isinstance(extractor, (FeatureExtractor, FeatureBank)):
            raise TypeError(
                f"{cls.__name__} got extractor={extractor!r}; expected an extractor such as MelSpectrogram() or MFCC(), or "
                "a FeatureBank."
            )
        extractor = framewise(extractor)
        batch = one_clip(clip, loader, by=cls.__name__)
        samples, n_valid = decoded(batch, by=cls.__name__)
        values = extractor.fit_transform(batch)[0]
        spec = framing(extractor)
        # Without centring, the times are those at which frames start; what a frame tells belongs to its middle.
        middle = 0.0 if spec.center else spec.frame_length // 2 / spec.sample_rate
        return cls(
            values,
            spec.frame_times(values.shape[1]) + middle,
            rows=describe_rows(extractor),
            duration=len(samples) / batch.sample_rate,
            valid_seconds=n_valid / batch.sample_rate if n_valid < len(samples) else None,
        )

    def plot(self, ax=None, *, cmap=None, colorbar=True):
        """Draw the image.

        Parameters
        ----------
        ax : matplotlib Axes, sequence of Axes or None, default=None
            Where to draw; several groups of rows divide one axes among them, or take one each of a sequence. None makes
            a new figure.
        cmap : str, Colormap or None, default=None
            The colours; None means "magma", and "RdBu_r" for values with a sign.
        colorbar : bool, default=True
            Whether to draw a colour bar beside each image.

        Returns
        -------
        SpectrogramDisplay
            Itself, with `ax_`, `figure_`, `image_` and `colorbar_`.
        """
        values = np.asarray(self.values)
        rows = [FeatureRows(len(values))] if self.rows is None else list(self.rows)
        *starts, described = accumulate((group.n_rows for group in rows), initial=0)
        if described != len(values):
            raise ValueError(
                f"{type(self).__name__} got values with {len(values)} rows, but `rows` tells of {described}. "
                "Give `rows` an entry for each group of rows, or None."
            )
        axes = panels(ax, n_rows=len(rows), figsize=(6.4, 1 + 2.2 * len(rows)), by=type(self).__name__)
        left, right = self._time_edges(values.shape[1])
        images, bars = [], []
        for group, start, panel in zip(rows, starts, axes, strict=True):
            image = draw_rows(panel, values[start : start + group.n_rows], group, left, right, cmap)
            panel.set(xlim=(left, right) if self.duration is None else (0, self.duration), ylabel=group.label)
            if self.valid_seconds is not None:
                mark_padding(panel, self.valid_seconds, panel.get_xlim()[1], color="0.85", label=False)
            if colorbar:
                bars.append(panel.figure.colorbar(image, ax=panel, label=group.value_label, extend=beyond(image)))
            images.append(image)
        axes[-1].set_xlabel(TIME_LABEL)
        several = len(rows) > 1
        self.ax_, self.figure_ = axes if several else axes[0], axes[0].figure
        self.image_ = images if several else images[0]
        self.colorbar_ = None if not bars else bars if several else bars[0]
        return self

    def _time_edges(self, n_frames: int) -> tuple[float, float]:
        times = np.asarray(self.frame_times, dtype=float)
        if len(times) != n_frames:
            raise ValueError(f"{type(self).__name__} got values of {n_frames} frames, but {len(times)} frame_times.")
        step = times[1] - times[0] if n_frames > 1 else self.duration or 1.0
        return float(times[0] - step / 2), float(times[-1] + step / 2)
