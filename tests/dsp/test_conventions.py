"""The conventions of Kaldi and HTK: Kaldi's own output, and the formulas of both, number by number."""

import math

import numpy as np
import pytest

from audiofeat.dsp import (
    CepstrumRecipe,
    FrameSpec,
    MelRecipe,
    SpeechCepstrumRecipe,
    SpeechMelRecipe,
    extract,
    mel_filterbank,
    power_spectrum,
    speech_mel_filterbank,
)

from .against_kaldi import FRAMING, MEL_FILES, MFCC_FILES, compare, deviations, kaldi


def htk():
    return FrameSpec(**{**FRAMING, "window": "hamming"}, center=False, convention="htk")


@pytest.fixture(scope="module")
def references(data_folder):
    folder = data_folder / "references" / "kaldi"
    if not folder.is_dir():
        pytest.skip(f"no references in {folder}")
    return folder


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("file", "recipe", "center"), [*MEL_FILES, *MFCC_FILES])
def test_values_of_kaldi(references, file, recipe, center, dtype):
    ours, expected = compare(references, file, recipe, center, dtype)
    assert ours.dtype == dtype
    np.testing.assert_allclose(ours, expected, rtol=0, atol=5e-4)


def test_all_that_is_compared_has_files(references):
    found = list(deviations(references, "float32"))
    assert {file for file, _, _ in found} == {path.name for path in references.glob("test*.txt")}
    assert all(0 < deviation < 1e-3 for _, _, deviation in found)


def direct_frames(clip, spec):
    """Frames as Kaldi's documentation describes them, sample by sample, up to the transform."""
    starts = [
        t * 160 + (80 - 200 if spec.center else 0)
        for t in range((len(clip) + 80) // 160 if spec.center else 1 + (len(clip) - 400) // 160)
    ]
    frames = np.zeros((len(starts), 512))
    for frame, start in zip(frames, starts, strict=True):
        for n in range(400):
            i = start + n
            while not 0 <= i < len(clip):
                i = -1 - i if i < 0 else 2 * len(clip) - 1 - i
            frame[n] = 32768 * clip[i]
        frame[:400] -= frame[:400].mean()
        frame[1:400] -= 0.97 * frame[:399]
        frame[0] *= 1 - 0.97
        frame[:400] *= (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)) ** 0.85
    return frames


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("n_samples", [401, 1000, 1279, 1280, 5000])
def test_frames_of_kaldi(center, n_samples, rng):
    clip = rng.uniform(-1, 1, n_samples)
    spec = kaldi(center=center)
    frames = direct_frames(clip, spec)
    assert spec.n_frames(n_samples) == len(frames)
    power, expected = power_spectrum(clip, spec), np.abs(np.fft.rfft(frames).T) ** 2
    # Kaldi computes in float32, whatever the type of the clip.
    np.testing.assert_allclose(power, expected, rtol=0, atol=2e-6 * expected.max())


def test_frames_may_lie_further_apart_than_they_are_long(rng):
    clip = rng.standard_normal(1000)
    spec = FrameSpec(16000, 64, 200, 50, "povey", True, "symmetric", "kaldi")
    assert spec.n_frames(1000) == 5
    first = FrameSpec(16000, 64, 200, 50, "povey", False, "symmetric", "kaldi")
    np.testing.assert_array_equal(power_spectrum(clip, spec)[:, :4], power_spectrum(clip[75:], first)[:, :4])


def htk_bands(clip, n_mels, fmin, fmax):
    """HTK's filter bank of one frame, as chapter 5 of the HTK book describes it, number by number."""
    samples = [32768 * s for s in clip[:400]]
    emphasised = [samples[0] * (1 - 0.97)] + [samples[n] - 0.97 * samples[n - 1] for n in range(1, 400)]
    windowed = [s * (0.54 - 0.46 * math.cos(2 * math.pi * n / 399)) for n, s in enumerate(emphasised)]
    magnitude = np.abs(np.fft.rfft(windowed, 512))

    def mel(hz):
        return 1127 * math.log(1 + hz / 700)

    low, high = mel(fmin), mel(fmax)
    centres = [low + (high - low) * c / (n_mels + 1) for c in range(n_mels + 2)]
    bands = [0.0] * n_mels
    for k in range(int(fmin * 512 / 16000 + 0.5) + 1, int(fmax * 512 / 16000 + 0.5)):
        m = mel(k * 16000 / 512)
        channel = max(c for c in range(n_mels + 1) if centres[c] <= m)
        falling = (centres[channel + 1] - m) / (centres[channel + 1] - centres[channel])
        if channel:
            bands[channel - 1] += falling * magnitude[k]
        if channel < n_mels:
            bands[channel] += (1 - falling) * magnitude[k]
    return np.array(bands)


@pytest.mark.parametrize(("n_mels", "fmin", "fmax"), [(26, 0.0, 8000.0), (20, 64.0, 7000.0), (40, 300.0, 3400.0)])
def test_htk_by_the_book(n_mels, fmin, fmax, rng):
    clip = 0.1 * rng.standard_normal(400)
    recipe = SpeechMelRecipe(n_mels=n_mels, fmin=fmin, fmax=fmax, power=1.0, use_energy=True)
    (mel,) = extract(clip, htk(), [recipe])
    bands = np.log(np.maximum(1.0, htk_bands(clip, n_mels, fmin, fmax)))
    np.testing.assert_allclose(mel[:-1, 0], bands, rtol=1e-10)
    np.testing.assert_allclose(mel[-1, 0], math.log((32768.0**2 * clip**2).sum()), rtol=1e-12)
    (mfcc,) = extract(clip, htk(), [SpeechCepstrumRecipe(13, 22, use_energy=False, mel=recipe)])
    for i in range(13):
        c = math.sqrt(2 / n_mels) * sum(b * math.cos(math.pi * i / n_mels * (j + 0.5)) for j, b in enumerate(bands))
        np.testing.assert_allclose(mfcc[i, 0], c * (1 + 11 * math.sin(math.pi * i / 22)), rtol=1e-9)


@pytest.mark.parametrize(("spec", "floor"), [(kaldi(), math.log(2.0**-23)), (htk(), 0.0)])
def test_silence_is_the_floor(spec, floor):
    mel, mfcc = extract(np.zeros(1000), spec, [SpeechMelRecipe(use_energy=True), SpeechCepstrumRecipe()])
    np.testing.assert_allclose(mel, floor)
    np.testing.assert_allclose(mfcc[0], floor)
    np.testing.assert_allclose(mfcc[1:], 0, atol=1e-10)


def test_a_constant_is_silence_to_kaldi_only():
    clip = np.full(1000, 0.25)
    assert extract(clip, kaldi(), [SpeechMelRecipe()])[0].max() < math.log(1e-6)
    assert extract(clip, htk(), [SpeechMelRecipe()])[0].max() > 1


def test_filters_share_every_bin_and_keep_their_edges():
    bank = speech_mel_filterbank(16000, 512, n_mels=30, fmin=100, fmax=6000)
    frequencies = np.arange(257) * 31.25
    assert bank[:, (frequencies <= 100) | (frequencies >= 6000)].max() < 1e-12
    ours = mel_filterbank(16000, 512, n_mels=30, fmin=100, fmax=6000, mel_scale="htk", mel_norm=None)
    np.testing.assert_array_equal(bank > 1e-12, ours > 1e-12)
    peaks = frequencies[bank.argmax(axis=1)]
    inner = (frequencies > peaks[0]) & (frequencies < peaks[-1])
    np.testing.assert_allclose(bank[:, inner].sum(axis=0), 1.0)


def test_bins_nearest_to_the_edges_of_htk():
    whole = speech_mel_filterbank(16000, 512, fmin=100, fmax=6000)
    bank = speech_mel_filterbank(16000, 512, fmin=100, fmax=6000, drops_edge_bins=True)
    # 100 Hz is 3.2 bins and 6 kHz 192.
    assert (bank[:, :4] == 0).all()
    assert (bank[:, 192:] == 0).all()
    np.testing.assert_array_equal(bank[:, 4:192], whole[:, 4:192])


def test_long_clips_are_cut_into_blocks_unseen(rng):
    clip = rng.standard_normal(160000)
    recipes = [SpeechMelRecipe(use_energy=True), SpeechCepstrumRecipe(deltas=1)]
    whole = extract(clip, kaldi(), recipes)
    for start in (0, 300, 900):
        part = extract(clip[160 * start : 160 * start + 4000], kaldi(), recipes[:1])[0]
        np.testing.assert_allclose(whole[0][:, start : start + part.shape[1]], part, atol=1e-9)
    assert whole[1].shape == (26, 998)


def test_times_of_frames():
    np.testing.assert_allclose(kaldi().frame_times(2), [0, 0.01])
    np.testing.assert_allclose(kaldi(center=True).frame_times(2), [0.005, 0.015])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"convention": "sphinx"}, r"got convention='sphinx'; expected 'librosa', 'kaldi', 'htk'\."),
        ({"convention": "htk"}, r"got center=True with convention='htk'.* Use center=False\."),
        ({"window": "povey"}, r"got window='povey'"),
    ],
)
def test_framings_that_cannot_be(parameters, message):
    with pytest.raises(ValueError, match=message):
        FrameSpec(**parameters)


def test_speech_recipes_need_a_convention():
    with pytest.raises(ValueError, match=r"convention='librosa'; expected one of 'kaldi', 'htk'\. .*or MelRecipe"):
        extract(np.zeros(4000), FrameSpec(), [SpeechMelRecipe()])


def test_the_ordinary_recipes_see_the_conventions_spectrum(rng):
    """So that other features may be taken of it, as they are of any spectrum."""
    clip = rng.standard_normal(1000)
    mel, _ = extract(clip, kaldi(), [MelRecipe(n_mels=10, scale="linear"), CepstrumRecipe(n_mfcc=5)])
    np.testing.assert_allclose(mel, mel_filterbank(16000, 512, n_mels=10) @ power_spectrum(clip, kaldi()))
