"""The tuning of a clip: pure tones, clips without pitch, and librosa's estimate over a seeded sweep."""

import numpy as np
import pytest
import soundfile

from audiofeat.dsp import ChromaRecipe, FrameSpec, SpectrumRecipe, estimate_tuning, extract, power_spectrum

TUNED = ChromaRecipe(tuning="estimate")


def harmonic(pitch, rate, n_samples, dtype=np.float64):
    times = np.arange(n_samples) / rate
    return sum(0.3 / k * np.sin(2 * np.pi * pitch * k * times) for k in range(1, 6)).astype(dtype)


@pytest.mark.parametrize("bins_per_octave", [12, 24, 36])
@pytest.mark.parametrize("tuning", [-0.4, -0.25, 0.0, 0.1, 0.33])
@pytest.mark.parametrize("n_fft", [8192, 8191])
def test_a_tone_says_its_own_tuning(tuning, bins_per_octave, n_fft):
    pitch = 880.0 * 2 ** (tuning / bins_per_octave)
    tone = np.sin(2 * np.pi * pitch * np.arange(22050) / 22050)
    power = power_spectrum(tone, FrameSpec(n_fft=n_fft, center=False))
    found = estimate_tuning(power, 22050, n_fft, bins_per_octave=bins_per_octave)
    # The parabola through three bins is off by up to a fifteenth of one.
    tolerance = 0.01 + bins_per_octave * np.log2(1 + 22050 / n_fft / 15 / pitch)
    assert abs(found - tuning) <= tolerance


@pytest.mark.parametrize("power", [np.zeros((1025, 5)), np.ones((1025, 5)), np.arange(5125.0).reshape(1025, 5)])
def test_without_a_peak_there_is_no_tuning(power):
    assert estimate_tuning(power, 22050, 2048) == 0.0


@pytest.mark.parametrize(("n_fft", "rate"), [(2, 22050), (8, 48000), (64, 200), (256, 290)])
def test_without_bins_between_fmin_and_fmax_there_is_no_tuning(n_fft, rate, rng):
    assert estimate_tuning(rng.random((n_fft // 2 + 1, 7)), rate, n_fft) == 0.0


def test_order_in_memory_and_gain_do_not_matter(rng):
    power = rng.random((1025, 40))
    tuning = estimate_tuning(power, 22050, 2048)
    assert -0.5 <= tuning < 0.5
    assert estimate_tuning(np.asfortranarray(power), 22050, 2048) == tuning
    assert estimate_tuning(1024 * power, 22050, 2048) == tuning


def test_chroma_with_the_tuning_of_the_clip_is_chroma_with_that_number(rng):
    spec = FrameSpec()
    for dtype in (np.float32, np.float64):
        clip = harmonic(453.0, 22050, 30000, dtype) + 1e-3 * rng.standard_normal(30000).astype(dtype)
        tuning = estimate_tuning(power_spectrum(clip, spec), 22050, 2048)
        assert abs(tuning - 12 * np.log2(453 / 440)) < 0.05
        (expected,) = extract(clip, spec, [ChromaRecipe(tuning=tuning)])
        chroma, spectrum = extract(clip, spec, [TUNED, SpectrumRecipe(scale="linear")])
        np.testing.assert_allclose(chroma, expected, rtol=0, atol=1e-6)
        assert chroma.dtype == dtype
        np.testing.assert_array_equal(chroma, extract(clip, spec, [TUNED])[0])
        np.testing.assert_array_equal(spectrum, power_spectrum(clip, spec))


def test_silence_stays_silent():
    assert (extract(np.zeros(5000), FrameSpec(), [TUNED])[0] == 0).all()


def test_estimates_keep_a_retuned_melody_in_its_pitch_class():
    # Half a semitone flat, a fixed tuning spreads A over two classes; the estimate finds one.
    clip = harmonic(440 * 2 ** (-0.4 / 12), 22050, 22050)
    fixed, tuned = (extract(clip, FrameSpec(), [recipe])[0].mean(axis=1) for recipe in (ChromaRecipe(), TUNED))
    assert tuned.argmax() == 9
    assert tuned[8] < 0.5 * fixed[8]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(60))
def test_librosa_estimates_the_same_of_the_same_spectrum(seed, dtype):
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng(seed)
    rate = int(rng.choice([8000, 16000, 22050, 44100]))
    n_fft = int(rng.choice([128, 256, 400, 512, 1024, 2048]))
    clip = harmonic(rng.uniform(80, 900), rate, int(rng.integers(n_fft, 20000)))
    clip += rng.choice([1e-3, 0.1, 1.0]) * rng.standard_normal(len(clip))
    spectrum = power_spectrum(clip.astype(dtype), FrameSpec(rate, n_fft=n_fft, hop_length=n_fft // 4))
    if rng.random() < 0.5:
        spectrum = np.sqrt(spectrum)
    options = {
        "bins_per_octave": int(rng.choice([7, 12, 24, 36])),
        "resolution": float(rng.choice([0.01, 0.03, 0.1])),
        "fmin": float(rng.choice([60, 150])),
        "fmax": float(rng.choice([2000, 4000])),
        "threshold": float(rng.choice([0.1, 0.3])),
    }
    expected = librosa.estimate_tuning(S=spectrum, sr=rate, n_fft=n_fft, **options)
    assert estimate_tuning(spectrum, rate, n_fft, **options) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "file",
    [
        "references/librosa/test1_22050.wav",
        "references/librosa/test2_8000.wav",
        "references/librosa/test_audio.ogg",
        "cats_dogs/wav/cat_1.wav",
        "cats_dogs/wav/dog_barking_0.wav",
        "fsdd/recordings/7_jackson_0.wav",
    ],
)
def test_chroma_of_recordings_is_librosas_with_its_own_estimate(data_folder, file, dtype):
    librosa = pytest.importorskip("librosa")
    with soundfile.SoundFile(data_folder / file) as recording:
        rate = recording.samplerate
        clip = recording.read(3 * rate, dtype="float32", always_2d=True).mean(axis=1).astype(dtype)
    for n_fft, n_chroma in ((2048, 12), (1024, 24), (2048, 36)):
        (found,) = extract(
            clip, FrameSpec(rate, n_fft=n_fft, hop_length=512), [ChromaRecipe(n_chroma=n_chroma, tuning="estimate")]
        )
        expected = librosa.feature.chroma_stft(y=clip, sr=rate, n_fft=n_fft, n_chroma=n_chroma, tuning=None)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
