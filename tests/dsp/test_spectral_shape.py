"""Descriptors of spectrum and samples: closed forms, librosa, MATLAB's references."""

import numpy as np
import pytest
import scipy.io
import scipy.stats

from audiofeat.dsp import (
    SPECTRAL_DESCRIPTORS,
    ContrastRecipe,
    EnergyRecipe,
    FrameSpec,
    SpectralShapeRecipe,
    TonnetzRecipe,
    extract,
    lanes,
    root_mean_square,
    spectral_contrast_bands,
    spectral_entropy,
    spectral_flatness,
    spectral_flux,
    spectral_moments,
    spectral_rolloff,
    spectrum,
    tonnetz_matrix,
    zero_crossing_rate,
)


@pytest.fixture
def clip(rng):
    """A second of noise that swells, after a little silence."""
    samples = rng.standard_normal(22050) * np.linspace(0, 1, 22050)
    samples[:4000] = 0
    return samples


def test_moments_are_those_of_the_distribution(rng):
    frequencies = np.linspace(0, 8000, 257)
    weights = scipy.stats.gamma(4, scale=500).pdf(frequencies)
    moments = {name: values[0] for name, values in spectral_moments(weights[:, None], frequencies).items()}
    sample = rng.choice(frequencies, size=2_000_000, p=weights / weights.sum())
    assert moments["centroid"] == pytest.approx(np.average(frequencies, weights=weights))
    assert moments["bandwidth"] == pytest.approx(sample.std(), rel=5e-3)
    assert moments["skewness"] == pytest.approx(scipy.stats.skew(sample), abs=0.02)
    assert moments["kurtosis"] == pytest.approx(scipy.stats.kurtosis(sample, fisher=False), abs=0.1)
    slope = np.polyfit(frequencies, weights, 1)[0] / weights.sum()
    assert moments["slope"] == pytest.approx(slope)


def test_a_single_line_has_a_place_and_no_shape():
    frequencies = np.linspace(0, 11025, 1025)
    line = np.zeros((1025, 1), dtype=np.float32)
    line[100] = 3.0
    moments = {name: float(values[0]) for name, values in spectral_moments(line, frequencies).items()}
    assert moments["centroid"] == pytest.approx(frequencies[100])
    assert moments["bandwidth"] == pytest.approx(0, abs=0.02)
    assert moments["skewness"] == moments["kurtosis"] == 0
    assert spectral_entropy(line**2).item() == 0
    assert spectral_flatness(line**2).item() < 1e-7
    assert spectral_rolloff(line, frequencies).item() == pytest.approx(frequencies[100])


def test_a_flat_spectrum():
    flat = np.full((513, 2), 0.5)
    assert spectral_entropy(flat) == pytest.approx([1, 1])
    assert spectral_flatness(flat) == pytest.approx([1, 1])
    assert spectral_flux(flat) == pytest.approx([0, 0])
    assert spectral_moments(flat, np.arange(513.0))["slope"] == pytest.approx([0, 0], abs=1e-15)


def test_flux_is_the_root_mean_square_of_the_step():
    magnitude = np.array([[0.0, 3.0], [0.0, 4.0]])
    assert spectral_flux(magnitude).tolist() == [0, pytest.approx(np.sqrt(12.5))]
    assert spectral_flux(magnitude, np.array([1.0, 1.0])).tolist() == [1, pytest.approx(np.sqrt(12.5))]


def test_silence_is_finite_everywhere():
    for dtype in (np.float32, np.float64):
        silence = np.zeros(4000, dtype=dtype)
        shape, contrast, tonnetz, energy = extract(
            silence, FrameSpec(), [SpectralShapeRecipe(), ContrastRecipe(), TonnetzRecipe(), EnergyRecipe()]
        )
        expected = [1.0 if name == "flatness" else 0.0 for name in SPECTRAL_DESCRIPTORS]
        np.testing.assert_allclose(shape, np.repeat(np.array(expected)[:, None], shape.shape[1], axis=1), atol=1e-5)
        for rows in (contrast, tonnetz, energy):
            assert not rows.any()
            assert rows.dtype == dtype


def test_flux_does_not_depend_on_where_blocks_end(clip):
    spec = FrameSpec(n_fft=2048, hop_length=64)  # 345 frames, several blocks
    flux = extract(clip, spec, [SpectralShapeRecipe(("flux",))])[0][0]
    magnitude = np.abs(
        np.fft.rfft(np.lib.stride_tricks.sliding_window_view(np.pad(clip, 1024), 2048)[::64] * spec.window_values())
    )
    np.testing.assert_allclose(flux, spectral_flux(magnitude.T), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n_fft", "hop_length", "sample_rate"), [(2048, 512, 22050), (512, 160, 16000), (1023, 200, 8000)]
)
def test_descriptors_are_librosas(clip, dtype, n_fft, hop_length, sample_rate):
    librosa = pytest.importorskip("librosa")
    y = clip.astype(dtype)
    spec = FrameSpec(sample_rate=sample_rate, n_fft=n_fft, hop_length=hop_length)
    names = ("centroid", "bandwidth", "rolloff", "flatness")
    contrast = ContrastRecipe(n_bands=4)
    shape, octaves, energy = extract(y, spec, [SpectralShapeRecipe(names), contrast, EnergyRecipe(("rms",))])
    S = np.abs(librosa.stft(y, n_fft=n_fft, hop_length=hop_length))
    shared = {"S": S, "sr": sample_rate, "n_fft": n_fft}
    expected = [
        librosa.feature.spectral_centroid(**shared)[0],
        librosa.feature.spectral_bandwidth(**shared)[0],
        librosa.feature.spectral_rolloff(**shared)[0],
        librosa.feature.spectral_flatness(S=S)[0],
    ]
    tolerance = 2e-5 if dtype == np.float32 else 1e-9
    for name, ours, theirs in zip(names, shape, expected, strict=True):
        if name == "rolloff" and dtype == np.float32:
            # In single precision the sum may reach its share one bin earlier or later.
            assert np.abs(ours - theirs).max() <= sample_rate / n_fft * 1.001
            continue
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * np.abs(theirs).max(), err_msg=name)
    theirs = librosa.feature.spectral_contrast(n_bands=4, **shared)
    np.testing.assert_allclose(octaves, theirs, atol=1e-3 if dtype == np.float32 else 1e-8)
    rms = librosa.feature.rms(y=y, frame_length=n_fft, hop_length=hop_length)[0]
    np.testing.assert_allclose(energy[0], rms, rtol=1e-5, atol=1e-7)


def test_zero_crossings_are_librosas_but_at_the_ends(clip):
    librosa = pytest.importorskip("librosa")
    ours = extract(clip, FrameSpec(), [EnergyRecipe(("zcr",))])[0][0]
    theirs = librosa.feature.zero_crossing_rate(clip)[0]
    inside = slice(2, -2)
    np.testing.assert_array_equal(ours[inside], theirs[inside])
    np.testing.assert_allclose(ours, theirs, atol=1 / 2048 + 1e-12)


def test_frames_are_measured_one_by_one(rng):
    frames = rng.standard_normal((5, 100)).astype(np.float32)
    np.testing.assert_allclose(root_mean_square(frames), np.sqrt((frames**2).mean(axis=1)), rtol=1e-6)
    assert zero_crossing_rate(np.array([[1, -1, 1, -1, 1.0]])).tolist() == [0.8]


def test_energy_computes_no_spectrum(clip, monkeypatch):
    monkeypatch.setattr(spectrum, "rfft", None)
    monkeypatch.setattr(lanes, "spectra", None)
    assert extract(clip, FrameSpec(), [EnergyRecipe()])[0].shape == (2, 44)


def test_contrast_refuses_a_band_without_bins():
    with pytest.raises(ValueError, match="holds no bin of the spectrum"):
        spectral_contrast_bands(np.ones((5, 1)), np.linspace(0, 4000, 5), n_bands=2, fmin=100)


def test_tonnetz_of_a_note_and_of_all_notes():
    matrix = tonnetz_matrix()
    np.testing.assert_allclose(np.linalg.norm(matrix[0:2], axis=0), 1)
    np.testing.assert_allclose(np.linalg.norm(matrix[4:6], axis=0), 0.5)
    np.testing.assert_allclose(matrix @ np.ones(12), 0, atol=1e-12)
