"""A seeded sweep of everything that librosa and we can both be told, and how far the two are apart.

The tests hold the deviations to their limits; `benchmarks/exactness.py` prints how large they are.

float32 clips are computed in float32 here and in float64 there, which is what the tolerances measure: errors of the
transform lie 120 dB under the loudest bin of a frame. Decibels are compared where a clip has energy in the filters' band;
under a pure tone outside of it they would compare noise.
"""

import warnings
from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import scipy.fft
import soundfile

from audiofeat.dsp import (
    CepstrumRecipe,
    ChromaRecipe,
    FrameSpec,
    MelRecipe,
    SpectrumRecipe,
    extract,
    mel_filterbank,
    power_spectrum,
)

RATES = (8000, 16000, 22050, 44100)
TOLERANCES = {
    np.float32: {"power": 1e-6, "mel": 1e-6, "db": 1e-2, "mfcc": 5e-3, "chroma": 1e-5},
    np.float64: {"power": 1e-12, "mel": 1e-6, "db": 1e-6, "mfcc": 1e-5, "chroma": 1e-6},
}


def noise(rng, n_samples, rate):
    return 0.1 * rng.standard_normal(n_samples)


def tone(rng, n_samples, rate):
    phase = 2 * np.pi * rng.uniform(50, rate / 2.2) * np.arange(n_samples) / rate
    return 0.5 * np.sin(phase) + 1e-3 * rng.standard_normal(n_samples)


def chirp(rng, n_samples, rate):
    seconds = np.arange(n_samples) / rate
    return 0.3 * np.sin(2 * np.pi * (100 + rate / 5 * seconds) * seconds) + 1e-3 * rng.standard_normal(n_samples)


def bursts(rng, n_samples, rate):
    clip = 0.1 * rng.standard_normal(n_samples)
    clip[n_samples // 3 : 2 * n_samples // 3] = 0.0
    return clip


def impulse(rng, n_samples, rate):
    clip = np.zeros(n_samples)
    clip[rng.integers(n_samples)] = 1.0
    return clip


SOUNDS = (noise, tone, chirp, bursts, impulse)
SEEDS = range(12)
SHORT_LENGTHS = (1, 2, 100, 255, 256, 1000)
PAD_MODES = ("constant", "edge", "symmetric", "reflect")
RECORDINGS = (
    "references/librosa/test1_22050.wav",
    "references/librosa/test2_8000.wav",
    "references/librosa/test_audio.ogg",
    "cats_dogs/wav/cat_1.wav",
    "cats_dogs/wav/dog_barking_0.wav",
    "fsdd/recordings/7_jackson_0.wav",
)


def draw_framing(rng, rate):
    """A framing, as we and as librosa are told it."""
    n_fft = int(rng.choice([128, 255, 256, 400, 512, 777, 1024, 2048]))
    options = {
        "n_fft": n_fft,
        "hop_length": int(rng.choice([n_fft // 4, n_fft // 3 + 1, 160, 512, n_fft + 7])),
        "win_length": None if rng.random() < 0.5 else int(rng.integers(n_fft // 3, n_fft + 1)),
        "window": ["hann", "hamming", "blackman", ("kaiser", 8.0), "boxcar", ("gaussian", 60.0)][rng.integers(6)],
        "center": bool(rng.random() < 0.7),
        # librosa has no "wrap" here; the padding has a test of its own.
        "pad_mode": str(rng.choice(["constant", "edge", "reflect", "symmetric"])),
    }
    return FrameSpec(rate, **options), options


def draw_features(rng, rate):
    """Recipes, and what librosa is told for them."""
    n_mels = int(rng.choice([10, 26, 40, 64]))
    fmax = None if rng.random() < 0.5 else float(rng.uniform(rate / 4, rate / 2))
    mel = MelRecipe(
        n_mels=n_mels,
        fmin=float(rng.choice([0, 50, 300])),
        fmax=fmax,
        mel_scale=str(rng.choice(["slaney", "htk"])),
        mel_norm=["slaney", None, 1.0, 2.0, np.inf][rng.integers(5)],
    )
    cepstrum = CepstrumRecipe(
        n_mfcc=int(rng.integers(1, n_mels + 1)),
        dct_type=int(rng.integers(1, 4)),
        dct_norm=[None, "ortho"][rng.integers(2)],
        lifter=float(rng.choice([0, 3, 22])),
        mel=mel,
    )
    chroma = ChromaRecipe(
        n_chroma=int(rng.choice([7, 12, 24, 36])),
        tuning=float(rng.uniform(-0.5, 0.5)),
        chroma_norm=[np.inf, 1.0, 2.0, None][rng.integers(4)],
    )
    return mel, cepstrum, chroma


def deviations(clip, spec, options, mel, cepstrum, chroma):
    """How far each feature of a clip is from librosa's, in the unit of its tolerance."""
    mel_options = {
        "sr": spec.sample_rate,
        "n_mels": mel.n_mels,
        "fmin": mel.fmin,
        "fmax": mel.fmax,
        "htk": mel.mel_scale == "htk",
        "norm": mel.mel_norm,
    }
    with warnings.catch_warnings():
        # librosa warns of clips shorter than a frame, and of filters narrower than a bin: both are meant.
        warnings.simplefilter("ignore")
        power = np.abs(librosa.stft(clip, **options)) ** 2
        melspectrogram = librosa.feature.melspectrogram(y=clip, **options, **mel_options)
        mfcc = librosa.feature.mfcc(
            S=librosa.power_to_db(melspectrogram),
            n_mfcc=cepstrum.n_mfcc,
            dct_type=cepstrum.dct_type,
            norm=cepstrum.dct_norm,
            lifter=cepstrum.lifter,
        )
        chromagram = librosa.feature.chroma_stft(
            y=clip,
            sr=spec.sample_rate,
            n_chroma=chroma.n_chroma,
            tuning=chroma.tuning,
            norm=chroma.chroma_norm,
            **options,
        )
    our_power = power_spectrum(clip, spec)
    linear, db, spectrum_db, our_mfcc, our_chroma = extract(
        clip, spec, [replace(mel, scale="linear"), mel, SpectrumRecipe(), cepstrum, chroma]
    )
    assert our_power.shape == power.shape
    assert our_chroma.shape == chromagram.shape
    assert {feature.dtype for feature in (linear, db, our_mfcc, our_chroma)} == {clip.dtype}
    frame_maxima = np.maximum(power.max(axis=0), np.finfo(np.float32).tiny)
    # What an error of 1 in every band becomes, at most, in a coefficient: 1 for an orthonormal transform.
    transform = scipy.fft.dct(np.eye(mel.n_mels), type=cepstrum.dct_type, norm=cepstrum.dct_norm, axis=0)
    gain = max(1.0, np.linalg.norm(transform[: cepstrum.n_mfcc], axis=1).max()) * (1 + cepstrum.lifter / 2)
    found = {
        "power": (np.abs(our_power - power) / frame_maxima).max(),
        "db": max(
            np.abs(db - librosa.power_to_db(melspectrogram)).max(),
            np.abs(spectrum_db - librosa.power_to_db(power)).max(),
        ),
        "mfcc": np.abs(our_mfcc - mfcc).max() / gain,
        "chroma": np.abs(our_chroma - chromagram).max()
        / (1.0 if chroma.chroma_norm is not None else max(1e-30, chromagram.max())),
    }
    if clip.dtype == np.float64:
        # 200 dB under the loudest band even float64 has only rounding left, of which nobody can say what it should be.
        known = melspectrogram > 1e-20 * melspectrogram.max()
        found["mel"] = (np.abs(linear - melspectrogram)[known] / melspectrogram[known]).max(initial=0.0)
        assert (linear[~known] <= 2e-20 * melspectrogram.max()).all()
    else:
        loudest = mel_filterbank(
            spec.sample_rate, spec.n_fft, **{k: v for k, v in vars(mel).items() if k in MEL_OPTIONS}
        ).sum(axis=1, keepdims=True)
        found["mel"] = (np.abs(linear - melspectrogram) / np.maximum(frame_maxima * loudest, 1e-30)).max()
    return found


MEL_OPTIONS = ("n_mels", "fmin", "fmax", "mel_scale", "mel_norm")


def sweep_case(seed, sound, dtype):
    """A clip, a framing as we and as librosa are told it, and recipes, all drawn from a seed."""
    rng = np.random.default_rng([seed, ord(sound.__name__[0])])
    rate = int(rng.choice(RATES))
    spec, options = draw_framing(rng, rate)
    shortest = 1 if spec.center and rng.random() < 0.2 else spec.n_fft
    clip = sound(rng, int(rng.integers(shortest, shortest + 6000)), rate).astype(dtype)
    return clip, spec, options, *draw_features(rng, rate)


def short_case(n_samples, pad_mode, dtype):
    """A clip shorter than a frame; None where librosa has nothing to compare with."""
    if pad_mode == "reflect" and n_samples == 1:
        # NumPy repeats a single sample; librosa has nothing to reflect.
        return None
    clip = noise(np.random.default_rng(n_samples), n_samples, 22050).astype(dtype)
    options = {"n_fft": 512, "hop_length": 100, "pad_mode": pad_mode}
    features = MelRecipe(n_mels=20), CepstrumRecipe(n_mfcc=10, mel=MelRecipe(n_mels=20)), ChromaRecipe()
    return clip, FrameSpec(**options), options, *features


def recording_cases(path, dtype):
    """The beginning of a recording, at the defaults and with parameters drawn from a seed."""
    with soundfile.SoundFile(path) as recording:
        rate = recording.samplerate
        clip = recording.read(3 * rate, dtype="float32", always_2d=True).mean(axis=1).astype(dtype)
    yield clip, FrameSpec(rate), {}, MelRecipe(), CepstrumRecipe(), ChromaRecipe()
    rng = np.random.default_rng(len(Path(path).name))
    for _ in range(3):
        spec, options = draw_framing(rng, rate)
        yield clip, spec, options, *draw_features(rng, rate)
