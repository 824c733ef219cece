"""A group of rows as an image: colours for its values, an axis for its rows."""

import math
from functools import partial

import numpy as np

from audiofeat.dsp import hz_to_mel, mel_to_hz
from audiofeat.plotting.rows import FeatureRows

__all__ = ["beyond", "draw_rows"]

# Both keep their order in grey and for colour-blind readers.
_SEQUENTIAL = "magma"
_SIGNED = "RdBu_r"
# Share of the values that a signed scale covers, so that one coefficient far from the others does not bleach them.
_COVERED = 0.9
# Height that a label needs on the axis [inches].
_LABEL_HEIGHT = 0.22
# Notes without a sharp by their semitone, from C0 in the tuning of A4 = 440 Hz.
_NATURAL = {0: "C", 2: "D", 4: "E", 5: "F", 7: "G", 9: "A", 11: "B"}
_C0 = 440 * 2 ** (-4 - 9 / 12)
# Values per pixel beyond which they are averaged rather than picked.
_DENSE = 1.5


def draw_rows(ax, values, rows: FeatureRows, left: float, right: float, cmap):
    """Draw a group of rows, with its axis.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    values : ndarray of shape (n_rows, n_frames)
        The feature.
    rows : FeatureRows
        What its rows are.
    left, right : float
        Beginning of the first frame and end of the last one [s].
    cmap : str, Colormap or None
        The colours; None chooses by the kind of values.

    Returns
    -------
    matplotlib AxesImage
        The image.
    """
    values, norm = _coloured(values, rows)
    image = ax.imshow(
        values,
        extent=(left, right, -0.5, rows.n_rows - 0.5),
        origin="lower",
        aspect="auto",
        norm=norm,
        cmap=cmap or (_SIGNED if rows.value_scale == "signed" else _SEQUENTIAL),
        interpolation=_interpolation(ax, values.shape),
    )
    if rows.frequencies is not None:
        _scale_in_hz(ax, image, rows, left, right)
    elif rows.names is not None:
        _name_rows(ax, rows.names)
    else:
        ax.yaxis.get_major_locator().set_params(integer=True)
    return image


def beyond(image) -> str:
    """Tell at which ends of its colour scale an image has values beyond it, as `extend` of a colour bar.

    Parameters
    ----------
    image : matplotlib AxesImage
        The image.

    Returns
    -------
    {"neither", "min", "max", "both"}
        The ends.
    """
    low, high = image.get_clim()
    values = image.get_array()
    below, above = values.min() < low, values.max() > high
    return ("both" if above else "min") if below else ("max" if above else "neither")


def _coloured(values, rows: FeatureRows):
    """Values as they are drawn, and the scale that gives them colours."""
    from matplotlib.colors import LogNorm, Normalize

    if rows.value_scale == "signed":
        limit = float(np.quantile(np.abs(values), _COVERED)) or 1.0
        return values, Normalize(-limit, limit)
    if rows.value_scale == "rowwise":
        low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
        return (values - low) / np.where(high > low, high - low, 1.0), Normalize(0.0, 1.0)
    top = float(values.max())
    if rows.value_scale == "log" and top > 0:
        floor = top * 10.0**-rows.decades
        # The logarithm of zero would have no colour.
        return np.maximum(values, floor), LogNorm(floor, top)
    return values, Normalize()


def _interpolation(ax, shape) -> str:
    """Sharp rows and frames, unless there are more of them than pixels."""
    # matplotlib's own choice blurs along both axes when one of them is dense, and twelve pitch classes run together.
    box = ax.get_window_extent()
    dense = shape[0] > _DENSE * box.height or shape[1] > _DENSE * box.width
    return "auto" if dense else "nearest"


def _scale_in_hz(ax, image, rows: FeatureRows, left: float, right: float) -> None:
    """Give the y axis the scale on which the frequencies are evenly spaced, with Hz for its unit."""
    centres = np.asarray(rows.frequencies, dtype=float)
    if rows.frequency_scale == "linear":
        bottom, top = _ends(centres)
        image.set_extent((left, right, bottom, top))
        return
    from matplotlib.scale import FuncTransform
    from matplotlib.transforms import IdentityTransform, blended_transform_factory

    to_steps, to_hz = _scale(rows.frequency_scale)
    low, high = _ends(to_steps(centres))
    ax.set_yscale("function", functions=(to_steps, to_hz))
    # An image has rows of one height in the units of its axis. These have one height in mels or octaves, so the image
    # lies in those and is taken to Hz, and the axis takes it back.
    image.set_extent((left, right, low, high))
    image.set_transform(blended_transform_factory(IdentityTransform(), FuncTransform(to_hz, to_steps)) + ax.transData)
    ax.set_ylim(*to_hz([low, high]))
    if rows.frequency_scale == "notes":
        notes = _notes(float(to_hz(low)), float(to_hz(high)), _most_labels(ax))
        ax.set_yticks(list(notes.values()), list(notes))
        return
    ticks = _octaves(to_steps, low, high, (high - low) / _most_labels(ax))
    if len(ticks) > 1:
        ax.set_yticks(ticks)


def _scale(name: str):
    """From Hz to the unit in which rows have one height, and back."""
    if name == "notes":
        # The axis asks for the places of 0 Hz as well, when it chooses ticks of its own.
        return lambda hz: np.log2(np.maximum(hz, 1e-6)), np.exp2
    return partial(hz_to_mel, mel_scale=name), partial(mel_to_hz, mel_scale=name)


def _notes(low: float, high: float, most: int) -> dict[str, float]:
    """Names and frequencies [Hz] of the notes within a range: every C or, within two octaves, all without a sharp."""
    steps = range(math.ceil(12 * math.log2(low / _C0)), math.floor(12 * math.log2(high / _C0)) + 1)
    chosen = [step for step in steps if step % 12 == 0]
    if len(chosen) < 3:
        chosen = [step for step in steps if step % 12 in _NATURAL]
    chosen = chosen[:: -(-len(chosen) // most) or 1]
    return {f"{_NATURAL[step % 12]}{step // 12}": _C0 * 2 ** (step / 12) for step in chosen}


def _ends(centres):
    """Outer edges of evenly spaced rows."""
    step = centres[1] - centres[0] if len(centres) > 1 else centres[0] or 1.0
    return centres[0] - step / 2, centres[-1] + step / 2


def _octaves(to_mel, low: float, high: float, distance: float) -> list[float]:
    """Octaves of 1 kHz that stand at least `distance` mels from each other; 1 kHz goes first."""
    chosen: list[float] = []
    for hz in (1000.0 * 2.0**k for k in (0, 1, 2, 3, 4, -1, 5, -2, -3)):
        mel = float(to_mel(hz))
        if low <= mel <= high and all(abs(mel - float(to_mel(c))) >= distance for c in chosen):
            chosen.append(hz)
    return sorted(chosen)


def _name_rows(ax, names) -> None:
    """Name all rows if there is room, else those without a sharp, else every so many."""
    most = _most_labels(ax)
    chosen = [i for i in range(len(names)) if len(names) <= most or "#" not in names[i]]
    chosen = chosen[:: -(-len(chosen) // most)]
    ax.set_yticks(chosen, [names[i] for i in chosen])


def _most_labels(ax) -> int:
    height = ax.get_window_extent().height / ax.figure.dpi
    return max(2, int(height / _LABEL_HEIGHT))
