from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest

from audiofeat import (
    CQT,
    GFCC,
    LFCC,
    MFCC,
    AudioLoader,
    Chroma,
    ChromaCENS,
    ChromaCQT,
    Energy,
    FeatureBank,
    MelSpectrogram,
    SpectralShape,
    Spectrogram,
    SpectrogramDisplay,
)
from audiofeat.dsp import mel_frequencies
from audiofeat.plotting import FeatureRows
from audiofeat.transformers._base import FeatureExtractor

RATE = 16000


def sine(frequency, seconds=0.5):
    return RATE, np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


def place(display, row, column):
    """Time and height of the middle of a cell, in the units of the axes, as it is drawn."""
    image = display.image_
    n_rows, n_columns = image.get_array().shape
    left, right, bottom, top = image.get_extent()
    inside = (left + (column + 0.5) / n_columns * (right - left), bottom + (row + 0.5) / n_rows * (top - bottom))
    return display.ax_.transData.inverted().transform(image.get_transform().transform(inside))


def labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


@pytest.mark.parametrize("mel_scale", ["slaney", "htk"])
@pytest.mark.parametrize("frequency", [440, 1000, 5000])
def test_a_sine_stands_at_its_frequency_on_the_mel_axis(draw, mel_scale, frequency):
    extractor = MelSpectrogram(n_mels=64, mel_scale=mel_scale)
    display = draw(SpectrogramDisplay.from_clip(sine(frequency), extractor))
    row = display.values[:, 8].argmax()
    _, height = place(display, row, 8)
    centres = mel_frequencies(66, 0, RATE / 2, mel_scale)
    assert height == pytest.approx(centres[row + 1])
    assert centres[row] < frequency < centres[row + 2]
    ticks = [float(text) for text in labels(display.ax_.yaxis)]
    assert 1000 in ticks
    assert display.ax_.get_ylim()[0] <= min(ticks) < max(ticks) <= display.ax_.get_ylim()[1]


def test_a_sine_stands_at_its_frequency_on_the_linear_axis(draw):
    display = draw(SpectrogramDisplay.from_clip(sine(1000), Spectrogram(n_fft=512)))
    row = display.values[:, 8].argmax()
    assert place(display, row, 8)[1] == pytest.approx(row * RATE / 512)
    assert abs(row * RATE / 512 - 1000) <= RATE / 512


@pytest.mark.parametrize("center", [True, False])
def test_a_click_stands_at_its_time(draw, center):
    clip = np.zeros(RATE)
    clip[6000] = 1.0
    extractor = Spectrogram(n_fft=512, hop_length=64, center=center, scale="linear")
    display = draw(SpectrogramDisplay.from_clip((RATE, clip), extractor))
    time, _ = place(display, 0, display.values.sum(axis=0).argmax())
    assert time == pytest.approx(6000 / RATE, abs=64 / RATE)
    assert display.ax_.get_xlim() == (0, 1)


def test_chroma_has_note_names(draw):
    _, ax = plt.subplots(figsize=(4, 4))
    display = draw(SpectrogramDisplay.from_clip(sine(440), Chroma(), ax=ax))
    assert labels(ax.yaxis) == ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
    assert display.values[:, 8].argmax() == 9
    assert ax.get_ylabel() == "Pitch class"
    _, small = plt.subplots(figsize=(2, 2))
    draw(display.plot(small))
    assert set(labels(small.yaxis)) <= set("CDEFGAB")
    draw(SpectrogramDisplay.from_clip(sine(440), Chroma(n_chroma=24)))


@pytest.mark.parametrize("extractor", [ChromaCQT(), ChromaCENS()], ids=["cqt", "cens"])
def test_every_chroma_has_note_names(draw, extractor):
    _, ax = plt.subplots(figsize=(4, 4))
    display = draw(SpectrogramDisplay.from_clip(sine(440, 1.0), extractor, ax=ax))
    assert labels(ax.yaxis) == ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
    assert display.values[:, 8].argmax() == 9
    assert ax.get_ylabel() == "Pitch class"


@pytest.mark.parametrize("bins_per_octave", [12, 36])
def test_a_sine_stands_at_its_note_on_the_axis_of_a_constant_q_transform(draw, bins_per_octave):
    extractor = CQT(n_bins=7 * bins_per_octave, bins_per_octave=bins_per_octave)
    display = draw(SpectrogramDisplay.from_clip(sine(440, 1.0), extractor))
    _, height = place(display, display.values[:, 16].argmax(), 16)
    assert height == pytest.approx(440)
    notes = dict(zip(labels(display.ax_.yaxis), display.ax_.get_yticks(), strict=True))
    assert notes["C4"] == pytest.approx(261.626, rel=1e-5)
    assert list(notes) == [f"C{octave}" for octave in range(1, 8)]
    assert (display.ax_.get_ylabel(), display.colorbar_.ax.get_ylabel()) == ("Note", "Level [dB]")


def test_few_octaves_have_more_notes(draw):
    extractor = CQT(n_bins=12, fmin=261.626, tuning="estimate", scale="linear")
    display = draw(SpectrogramDisplay.from_clip(sine(440, 1.0), extractor))
    assert labels(display.ax_.yaxis) == [f"{name}4" for name in "CDEFGAB"]


@pytest.mark.parametrize("extractor", [LFCC(n_lfcc=13, deltas=1), GFCC(n_gfcc=13, deltas=1)], ids=["lfcc", "gfcc"])
def test_other_cepstra_are_drawn_as_mfcc_is(draw, extractor):
    display = draw(SpectrogramDisplay.from_clip(sine(440), extractor))
    name = type(extractor).__name__
    assert [ax.get_ylabel() for ax in display.ax_] == [name, f"{name} delta"]
    low, high = display.image_[0].get_clim()
    assert low == -high


def test_descriptors_in_different_units_have_each_their_own_range(draw):
    clip = (RATE, np.concatenate([sine(440)[1], sine(2000)[1]]))
    display = draw(SpectrogramDisplay.from_clip(clip, SpectralShape(("centroid", "flatness"))))
    shown = display.image_.get_array()
    np.testing.assert_array_equal([shown.min(axis=1), shown.max(axis=1)], [[0, 0], [1, 1]])
    # What is kept are the values themselves.
    assert display.values[0].max() > 1900
    assert labels(display.ax_.yaxis) == ["centroid", "flatness"]
    silence = draw(SpectrogramDisplay.from_clip((RATE, np.zeros(RATE)), Energy()))
    assert not silence.image_.get_array().any()


def test_mfcc_counts_coefficients_and_colours_them_around_zero(draw):
    display = draw(SpectrogramDisplay.from_clip(sine(440), MFCC(n_mfcc=13)))
    assert display.ax_.get_ylabel() == "MFCC"
    assert all(
        text == "" or float(text.replace("\N{MINUS SIGN}", "-")).is_integer() for text in labels(display.ax_.yaxis)
    )
    low, high = display.image_.get_clim()
    assert low == -high
    # The first coefficient, the level, lies far below the others.
    assert display.colorbar_.extend in ("min", "both")


def test_derivatives_are_panels_of_their_own(draw):
    display = draw(SpectrogramDisplay.from_clip(sine(440), MFCC(n_mfcc=13, deltas=2)))
    assert [ax.get_ylabel() for ax in display.ax_] == ["MFCC", "MFCC delta", "MFCC delta 2"]
    assert len(display.image_) == len(display.colorbar_) == 3
    np.testing.assert_array_equal(display.image_[1].get_array(), display.values[13:26])


def test_a_bank_is_a_panel_for_each_member(draw):
    bank = FeatureBank([("mel", MelSpectrogram(n_mels=40)), ("off", "drop"), ("c", MFCC()), ("chroma", Chroma())])
    display = draw(SpectrogramDisplay.from_clip(sine(440), bank))
    assert [ax.get_ylabel() for ax in display.ax_] == ["Frequency [Hz]", "MFCC", "Pitch class"]
    alone = SpectrogramDisplay.from_clip(sine(440), MFCC())
    np.testing.assert_array_equal(display.image_[1].get_array(), alone.values)
    assert [ax.get_xlabel() for ax in display.ax_] == ["", "", "Time [s]"]
    assert bank.transformer_list[0][1].pooling == ("mean", "std")


def test_the_extractor_is_left_alone():
    extractor = MFCC(pooling="mean")
    SpectrogramDisplay.from_clip(sine(440), extractor)
    assert extractor.pooling == "mean"
    assert not hasattr(extractor, "sample_rate_")


def test_padding_is_marked(draw):
    loader = AudioLoader(sample_rate=8000, duration=2.0)
    display = draw(SpectrogramDisplay.from_clip(sine(440), loader=loader))
    assert display.valid_seconds == 0.5
    assert display.duration == 2.0
    (boundary,) = display.ax_.lines
    assert boundary.get_xdata()[0] == 0.5


@pytest.mark.parametrize(
    ("power", "label", "decades"), [(1.0, "Magnitude", 4), (2.0, "Power", 8), (0.5, "Magnitude^0.5", 2)]
)
def test_linear_values_are_coloured_by_their_logarithm(draw, power, label, decades):
    extractor = Spectrogram(scale="linear", power=power)
    loader = AudioLoader(sample_rate=RATE, duration=1.0)
    display = draw(SpectrogramDisplay.from_clip(sine(440), extractor, loader=loader))
    low, high = display.image_.get_clim()
    assert np.log10(high / low) == pytest.approx(decades)
    assert high == pytest.approx(display.values.max())
    # Silence, whose logarithm is none, has the colour of the lowest value.
    assert display.values.min() == 0
    assert not np.ma.is_masked(display.image_.norm(display.image_.get_array()))
    assert display.colorbar_.ax.get_ylabel() == label


@pytest.mark.parametrize(
    "extractor",
    [
        MelSpectrogram(n_mels=1),
        MelSpectrogram(fmin=3000, fmax=3500, n_mels=4, n_fft=4096),
        MelSpectrogram(scale="linear"),
        Spectrogram(n_fft=1, hop_length=1000),
        Spectrogram(scale="linear"),
        MFCC(n_mfcc=1),
        Chroma(chroma_norm=None),
        Chroma(n_chroma=1, chroma_norm=2),
    ],
    ids=str,
)
@pytest.mark.parametrize("level", [0.0, 0.5])
def test_odd_features_can_be_drawn(draw, extractor, level):
    rate, clip = sine(440, 0.05)
    draw(SpectrogramDisplay.from_clip((rate, level * clip), extractor))


def test_one_frame_fills_the_clip(draw):
    display = draw(SpectrogramDisplay.from_clip(sine(440, 0.02), Spectrogram(n_fft=256)))
    assert display.values.shape[1] == 1
    assert display.ax_.get_xlim() == (0, 0.02)


def test_an_extractor_of_someone_else_has_its_row_names(draw):
    class Ratio(MelSpectrogram):
        def _row_names(self):
            return ["low", "high"]

    class Plain(Ratio):
        pass

    from audiofeat.plotting.rows import describe_rows

    fallback = describe_rows.dispatch(FeatureExtractor)
    (rows,) = fallback(Plain())
    assert (rows.n_rows, rows.label, rows.names) == (2, "Plain", ("low", "high"))
    draw(SpectrogramDisplay(np.arange(6.0).reshape(2, 3), [0.1, 0.2, 0.3], rows=[rows]).plot())


def test_rows_without_a_description_are_counted(draw):
    display = draw(SpectrogramDisplay(np.eye(4), [0.0, 0.1, 0.2, 0.3]).plot(colorbar=False, cmap="viridis"))
    assert display.ax_.get_ylabel() == "Row"
    assert display.colorbar_ is None
    assert display.image_.get_cmap().name == "viridis"
    np.testing.assert_allclose(display.ax_.get_xlim(), (-0.05, 0.35))


def test_data_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="values with 4 rows, but `rows` tells of 3"):
        SpectrogramDisplay(np.eye(4), np.arange(4), rows=[FeatureRows(3)]).plot()
    with pytest.raises(ValueError, match="values of 4 frames, but 3 frame_times"):
        SpectrogramDisplay(np.eye(4), np.arange(3)).plot()


def test_something_else_than_an_extractor_is_refused():
    with pytest.raises(TypeError, match=r"got extractor='mfcc'; expected an extractor such as MelSpectrogram\(\)"):
        SpectrogramDisplay.from_clip(sine(440), "mfcc")


def test_several_panels_divide_the_given_axes(draw):
    rows = [FeatureRows(2), FeatureRows(2)]
    display = SpectrogramDisplay(np.eye(4), np.arange(4), rows=rows)
    figure, (left, right) = plt.subplots(1, 2, layout="constrained")
    draw(display.plot(left))
    assert display.figure_ is figure
    assert all(ax.get_position().x1 < right.get_position().x0 for ax in display.ax_)
    axes = plt.subplots(2)[1]
    assert list(draw(display.plot(axes)).ax_) == list(axes)
    with pytest.raises(ValueError, match="has 2 panels, but got 3 axes"):
        display.plot(plt.subplots(3)[1])
    with pytest.raises(ValueError, match="cannot divide an axes that stands in no grid"):
        display.plot(plt.figure().add_axes((0, 0, 1, 1)))


def test_labels_stay_inside_a_small_figure(draw):
    figure, ax = plt.subplots(figsize=(2.4, 1.6), layout="constrained")
    display = draw(SpectrogramDisplay.from_clip(sine(440), ax=ax))
    box = figure.get_tightbbox().transformed(figure.dpi_scale_trans)
    assert box.x0 >= 0
    assert box.y0 >= 0
    assert box.x1 <= figure.bbox.x1
    assert box.y1 <= figure.bbox.y1
    heights = sorted(
        (label.get_window_extent().y0, label.get_window_extent().y1) for label in display.ax_.get_yticklabels()
    )
    assert all(upper[0] > lower[1] for lower, upper in pairwise(heights))


def test_real_music(data_folder, draw):
    path = data_folder / "references" / "librosa" / "test1_44100.wav"
    display = draw(SpectrogramDisplay.from_clip(path))
    assert display.values.shape[0] == 128
    assert display.duration == pytest.approx(4.587, abs=1e-3)
