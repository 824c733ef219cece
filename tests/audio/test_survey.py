"""Level, clipping and digests of a recording, however it is cut into pieces."""

import numpy as np
import pytest
import soundfile

from audiofeat._errors import ClipError
from audiofeat.audio import survey as module
from audiofeat.audio.survey import survey


@pytest.fixture
def write(tmp_path):
    def write(samples, rate=1000, name="a.wav", **kwargs):
        soundfile.write(tmp_path / name, samples, rate, **kwargs)
        return str(tmp_path / name)

    return write


def test_levels_of_a_sine(write):
    facts = survey(write(0.5 * np.sin(np.arange(8000) * 2 * np.pi / 16), subtype="FLOAT"))
    assert facts.peak == pytest.approx(20 * np.log10(0.5), abs=1e-6)
    assert facts.rms == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=1e-6)
    assert (facts.duration, facts.sample_rate, facts.channels) == (8, 1000, 1)
    assert (facts.clipped, facts.silent) == (0, False)


@pytest.mark.parametrize("piece", [0.001, 0.003, 0.007, 100])
def test_runs_at_full_scale_are_counted_over_the_borders_of_pieces(write, monkeypatch, piece):
    monkeypatch.setattr(module, "_PIECE", piece)
    samples = np.zeros((40, 2))
    samples[3:5, 0] = 1.0
    samples[10:13, 0] = -1.0
    samples[20:31, 1] = 1.0
    samples[37:, 1] = 1.0
    assert survey(write(samples)).clipped == 3 + 11 + 3
    assert survey(write(samples, subtype="PCM_U8")).clipped == 17


@pytest.mark.parametrize("piece", [0.05, 100])
def test_digests(write, rng, monkeypatch, piece):
    monkeypatch.setattr(module, "_PIECE", piece)
    samples = (rng.uniform(-1, 1, (700, 2)) * 30000).astype(np.int16)
    wav, flac = survey(write(samples)), survey(write(samples, name="a.flac"))
    assert wav.samples == flac.samples
    assert wav.content != flac.content
    assert wav.samples != survey(write(samples, rate=2000)).samples
    assert wav.samples != survey(write(samples.reshape(-1))).samples


def test_silence(write):
    facts = survey(write(np.zeros(100)))
    assert (facts.peak, facts.rms, facts.silent) == (-np.inf, -np.inf, True)
    assert survey(write(np.full(100, 0.002))).silent is False


def test_an_mp3_is_read_without_seeking(write, rng, monkeypatch):
    samples = rng.uniform(-1, 1, 16000 * 4)
    path = write(samples, 16000, name="a.mp3")
    whole = survey(path)
    monkeypatch.setattr(module, "_PIECE", 0.333)
    assert survey(path) == whole


def test_refusals(write, tmp_path):
    with pytest.raises(ClipError, match="NaN or infinite"):
        survey(write(np.full(10, np.nan), subtype="FLOAT"))
    with pytest.raises(ClipError, match="no such file"):
        survey(str(tmp_path / "missing.wav"))
    content = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "none.wav").write_bytes(content[:60])
    with pytest.raises(ClipError):
        survey(str(tmp_path / "missing.wav"))
