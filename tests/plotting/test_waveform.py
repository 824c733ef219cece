import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import soundfile
from matplotlib.collections import PolyCollection

from audiofeat import AudioInputError, AudioLoader, WaveformDisplay

RATE = 8000


def drawn_samples(ax):
    return np.concatenate([line.get_xydata() for line in ax.lines if line.get_linestyle() == "-"])


def test_a_short_clip_is_drawn_sample_by_sample(draw):
    clip = np.linspace(-0.5, 0.5, 100)
    display = draw(WaveformDisplay.from_clip((RATE, clip)))
    times, values = drawn_samples(display.ax_).T
    np.testing.assert_allclose(times, np.arange(100) / RATE)
    np.testing.assert_allclose(values, clip, rtol=1e-6)
    assert display.ax_.get_xlabel() == "Time [s]"
    assert display.ax_.get_ylabel() == "Amplitude"


def test_no_peak_of_a_long_clip_is_lost(draw):
    clip = np.zeros(100_000, dtype=np.float32)
    clip[54_321] = 0.9
    clip[70_001] = -0.7
    display = draw(WaveformDisplay.from_clip((RATE, clip)))
    (envelope,) = (c for c in display.ax_.collections if isinstance(c, PolyCollection))
    outline = envelope.get_paths()[0].vertices
    assert outline[:, 1].max() == pytest.approx(0.9)
    assert outline[:, 1].min() == pytest.approx(-0.7)
    assert outline[outline[:, 1].argmax(), 0] == pytest.approx(54_321 / RATE, abs=0.01)


@pytest.mark.parametrize(("pad_mode", "after"), [("constant", 0.0), ("wrap", 0.5)])
def test_padding_is_marked_where_it_begins(draw, pad_mode, after):
    loader = AudioLoader(sample_rate=1000, duration=1.0, pad_mode=pad_mode)
    display = draw(WaveformDisplay.from_clip((1000, np.full(250, 0.5)), loader=loader))
    assert display.valid_seconds == 0.25
    assert display.ax_.get_xlim() == (0, 1)
    assert [text.get_text() for text in display.ax_.texts] == ["padding"]
    (boundary,) = (line for line in display.ax_.lines if line.get_linestyle() == "--")
    assert boundary.get_xdata()[0] == 0.25
    recorded, padded = (line for line in display.ax_.lines if line.get_linestyle() == "-")
    assert recorded.get_color() != padded.get_color()
    assert recorded.get_xdata()[-1] < 0.25 <= padded.get_xdata()[0]
    assert set(padded.get_ydata()) == {after}


def test_without_padding_nothing_is_marked(draw):
    display = draw(WaveformDisplay.from_clip((RATE, np.ones(RATE)), loader=AudioLoader(duration=0.5)))
    assert display.valid_seconds is None
    assert not display.ax_.texts


def test_every_kind_of_clip_gives_the_same_display(tmp_path, rng):
    clip = (rng.uniform(-0.5, 0.5, RATE) * 2**15).round() / 2**15
    path = tmp_path / "clip.wav"
    soundfile.write(path, clip, RATE)
    loader = AudioLoader(sample_rate=RATE)
    kinds = [
        str(path),
        path,
        path.read_bytes(),
        io.BytesIO(path.read_bytes()),
        (RATE, clip),
        pd.DataFrame({"path": [str(path)]}),
        loader.fit_transform([str(path)]),
    ]
    for kind in kinds:
        display = WaveformDisplay.from_clip(kind)
        assert display.sample_rate == RATE
        np.testing.assert_allclose(display.samples, clip, rtol=1e-6)
    np.testing.assert_array_equal(WaveformDisplay.from_clip(clip, loader=loader).samples, display.samples)


def test_a_fitted_loader_keeps_the_rate_it_learned():
    loader = AudioLoader(sample_rate=None).fit([(RATE, np.ones(10))])
    with pytest.raises(AudioInputError, match="at 16000 Hz, not 8000 Hz"):
        WaveformDisplay.from_clip((16000, np.ones(10)), loader=loader)


def test_the_loader_is_not_fitted_in_passing():
    loader = AudioLoader(sample_rate=None)
    WaveformDisplay.from_clip((RATE, np.ones(10)), loader=loader)
    assert not hasattr(loader, "sample_rate_")


def test_several_clips_are_refused():
    batch = AudioLoader(sample_rate=RATE).fit_transform([np.ones(10)] * 3)
    with pytest.raises(ValueError, match=r"WaveformDisplay draws one clip, but got AudioBatch of 3. Take one with"):
        WaveformDisplay.from_clip(batch)
    assert len(WaveformDisplay.from_clip(batch[1:2]).samples) == 10


def test_a_clip_that_cannot_be_used_is_named(tmp_path):
    with pytest.raises(AudioInputError, match=r"nowhere\.wav"):
        WaveformDisplay.from_clip(tmp_path / "nowhere.wav")
    soundfile.write(tmp_path / "nan.wav", np.array([0, np.nan]), RATE, subtype="FLOAT")
    with pytest.raises(AudioInputError, match=r"nan\.wav.*NaN"):
        WaveformDisplay.from_clip(tmp_path / "nan.wav")


def test_it_draws_on_given_axes(draw):
    _, ax = plt.subplots()
    display = draw(WaveformDisplay([0.0, 1.0], 2).plot(ax, color="C3"))
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert ax.lines[0].get_color() == "C3"


def test_silence_has_an_axis(draw):
    display = draw(WaveformDisplay(np.zeros(10), 10).plot())
    assert display.ax_.get_ylim()[1] > 0


def test_a_real_recording(data_folder, draw):
    display = draw(WaveformDisplay.from_clip(data_folder / "cats_dogs" / "wav" / "cat_1.wav"))
    assert display.sample_rate == 16000
    assert display.ax_.get_xlim()[1] == pytest.approx(len(display.samples) / 16000)
