"""The waveform of a clip."""

import numpy as np

from audiofeat.plotting._clips import decoded, one_clip
from audiofeat.plotting._panels import TIME_LABEL, mark_padding, panels

__all__ = ["WaveformDisplay"]

# Columns of the envelope: more than a printed page resolves, and few enough to draw an hour in no time.
_COLUMNS = 2000


class WaveformDisplay:
    """The waveform of one clip.

    Shows at a glance how loud a recording is and when, whether it clips, and how much of it is silence or padding.
    Use `from_clip` to make it from a recording.

    Parameters
    ----------
    samples : array-like of shape (n_samples,)
        The clip; full scale is -1 to 1.
    sample_rate : int
        Its sample rate [Hz].
    valid_seconds : float or None, default=None
        Where the recording ends and the loader's padding begins [s]; None means that there is no padding.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What it is drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.

    See Also
    --------
    SpectrogramDisplay : Which frequencies a clip holds, over time.

    Notes
    -----
    A clip of many samples is drawn as the envelope of its minima and maxima, so that no peak is lost. Padding is not
    drawn as if it were recorded: it is greyed and marked by a dashed line and hatching.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from audiofeat import AudioLoader, WaveformDisplay
    >>> beep = np.sin(2 * np.pi * 440 * np.arange(8000) / 16000)
    >>> display = WaveformDisplay.from_clip((16000, beep), loader=AudioLoader(sample_rate=16000, duration=1.0))
    >>> display.valid_seconds
    0.5
    >>> display.ax_.get_xlabel()
    'Time [s]'
    >>> plt.close(display.figure_)
    """

    def __init__(self, samples, sample_rate, *, valid_seconds=None):
        self.samples = samples
        self.sample_rate = sample_rate
        self.valid_seconds = valid_seconds

    @classmethod
    def from_clip(cls, clip, *, loader=None, ax=None, color=None):
        """Load a clip, and draw it.

        Parameters
        ----------
        clip : path, bytes, file object, 1-D array, (rate, array) pair, or AudioBatch or DataFrame of one clip
            The clip. An array without a rate is taken to be at the loader's sample rate, or at 22,050 Hz without a
            loader.
        loader : AudioLoader or None, default=None
            How to load it. None mixes it down, and leaves its rate and length as they are.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a new figure.
        color : color or None, default=None
            Of the waveform; None means matplotlib's first.

        Returns
        -------
        WaveformDisplay
            Drawn.

        Raises
        ------
        AudioInputError
            If the clip cannot be used.
        ValueError
            If there is more than one clip.
        """
        batch = one_clip(clip, loader, by=cls.__name__)
        samples, n_valid = decoded(batch, by=cls.__name__)
        valid_seconds = n_valid / batch.sample_rate if n_valid < len(samples) else None
        return cls(samples, batch.sample_rate, valid_seconds=valid_seconds).plot(ax, color=color)

    def plot(self, ax=None, *, color=None):
        """Draw the waveform.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a new figure.
        color : color or None, default=None
            Of the waveform; None means matplotlib's first.

        Returns
        -------
        WaveformDisplay
            Itself, with `ax_` and `figure_`.
        """
        samples = np.asarray(self.samples)
        duration = len(samples) / self.sample_rate
        (ax,) = panels(ax, figsize=(6.4, 2.4), by=type(self).__name__)
        color = "C0" if color is None else color
        valid = duration if self.valid_seconds is None else self.valid_seconds
        n_valid = round(valid * self.sample_rate)
        self._draw(ax, samples[:n_valid], 0, color)
        if n_valid < len(samples):
            self._draw(ax, samples[n_valid:], n_valid, "0.6")
        peak = float(np.abs(samples).max(initial=0.0)) or 1.0
        ax.set(xlim=(0, duration), ylim=(-1.1 * peak, 1.1 * peak), xlabel=TIME_LABEL, ylabel="Amplitude")
        if n_valid < len(samples):
            mark_padding(ax, valid, duration, color="0.35", label=True)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _draw(self, ax, samples, start, color):
        if len(samples) < 2 * _COLUMNS:
            ax.plot((start + np.arange(len(samples))) / self.sample_rate, samples, color=color, linewidth=0.8)
            return
        edges = np.linspace(0, len(samples), _COLUMNS + 1).astype(int)[:-1]
        low, high = np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)
        # The line joins neighbouring columns, so that a quiet passage does not vanish between them.
        times = (start + edges) / self.sample_rate
        ax.fill_between(times, low, high, color=color, linewidth=0.8)
