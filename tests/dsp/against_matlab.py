"""Our values beside those made with MATLAB: Ellis' and Slaney's own code, as librosa ships them for its tests.

The files hold what went in (rate, lengths, edges) beside what came out, with whole spectra where ours stop at half the
rate, and chroma that begins at A. The tests hold the deviations to their limits; `benchmarks/exactness.py` prints how
large they are.

Conventions: a comparison is a pair of arrays of one shape, ours and the reference.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from scipy.io import loadmat

from audiofeat.dsp import (
    FrameSpec,
    chroma_filterbank,
    hz_to_mel,
    mel_filterbank,
    mel_frequencies,
    mel_to_hz,
    power_spectrum,
    spectral_bandwidth,
    spectral_contrast_bands,
    spectral_moments,
    spectral_rolloff,
    tonnetz_matrix,
)

Pair = tuple[np.ndarray, np.ndarray]


def reference(folder: Path, name: str) -> dict:
    """A file's variables; single numbers as such."""
    content = {key: value for key, value in loadmat(folder / f"{name}.mat").items() if not key.startswith("__")}
    return {key: value.item() if value.size == 1 else value for key, value in content.items()}


def _scale(values: dict) -> str:
    return "htk" if values["htk"] else "slaney"


def mel_and_hz(convert: Callable, number: int, folder: Path) -> Pair:
    values = reference(folder, f"feature-{convert.__name__}-{number:03}")
    return convert(values["f"], _scale(values)), values["result"]


def mel_edges(number: int, folder: Path) -> Pair:
    values = reference(folder, f"feature-melfb-{number:03}")
    return mel_frequencies(values["nfilts"] + 2, values["fmin"], values["fmax"], _scale(values)), values["frqs"][0]


def mel_filters(number: int, folder: Path) -> Pair:
    values = reference(folder, f"feature-melfb-{number:03}")
    n_fft = values["nfft"]
    bank = mel_filterbank(
        values["sr"],
        n_fft,
        n_mels=values["nfilts"],
        fmin=values["fmin"],
        fmax=values["fmax"],
        mel_scale=_scale(values),
    )
    return bank, values["wts"][:, : n_fft // 2 + 1]


def chroma_filters(number: int, folder: Path) -> Pair:
    values = reference(folder, f"feature-chromafb-{number:03}")
    n_fft, n_chroma = values["nfft"], values["nchroma"]
    bank = chroma_filterbank(
        values["sr"],
        n_fft,
        n_chroma=n_chroma,
        tuning=n_chroma * np.log2(values["a440"] / 440),
        center_octave=values["ctroct"],
        octave_width=values["octwidth"] or None,
        base_c=False,
    )
    return bank, values["wts"][:, : n_fft // 2 + 1]


def spectra(number: int, folder: Path) -> Pair:
    values = reference(folder, f"core-stft-{number:03}")
    samples, _ = soundfile.read(folder / Path(str(values["wavfile"])).name, always_2d=True)
    window = {1: "boxcar", 2: "hann"}[number]
    spec = FrameSpec(values["sr"], values["nfft"], values["hop_length"], window=window, center=False)
    return power_spectrum(samples.mean(axis=1), spec), np.abs(values["D"]) ** 2


def _magnitude(values: dict, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """The magnitude spectrum that a descriptor was computed of, and the frequencies of its bins.

    MATLAB's window is symmetric, ours periodic: so the functions are compared here, not the recipes.
    """
    samples, rate = soundfile.read(folder / Path(str(values["wavfile"])).name, always_2d=True)
    n_fft, hop_length = int(values["nfft"]), int(values["hop_length"])
    frames = np.lib.stride_tricks.sliding_window_view(samples.mean(axis=1), n_fft)[::hop_length]
    return np.abs(np.fft.rfft(frames * np.hamming(n_fft))).T, np.fft.rfftfreq(n_fft, 1 / rate)


def centroid(folder: Path) -> Pair:
    values = reference(folder, "met-centroid-001")
    return spectral_moments(*_magnitude(values, folder))["centroid"], values["centroid"].squeeze()


def rolloff(number: int, folder: Path) -> Pair:
    values = reference(folder, f"met-rolloff-{number:03}")
    return spectral_rolloff(*_magnitude(values, folder), float(values["pct"])), values["rolloff"].squeeze()


def bandwidth(folder: Path) -> Pair:
    values = reference(folder, "met-bandwidth-001")
    _, frequencies = _magnitude(values, folder)
    # There it is of first order, not divided by the sum, and the mean over the bins in place of their sum.
    spread = spectral_bandwidth(values["S"], frequencies, p=1, norm=False) / len(frequencies)
    return spread, values["bw"].squeeze()


def contrast(folder: Path) -> Pair:
    values = reference(folder, "met-contrast-001")
    # The reference scales every frame to a sum of its own; the contrast scales with it.
    valleys, peaks = np.split(spectral_contrast_bands(*_magnitude(values, folder)), 2)
    ours, theirs = peaks - valleys, values["contrast"]
    # The sixth band has 75 bins with its neighbour and 74 without: a quantile of 2 bins here and in librosa, of 1 there.
    same = [0, 1, 2, 3, 4, 6]
    return ours[same] / ours[0], theirs[same] / theirs[0]


def tonnetz(folder: Path) -> Pair:
    chroma, theirs = (np.load(folder / f"feature-tonnetz-{name}.npy") for name in ("chroma", "msaf"))
    return tonnetz_matrix() @ (chroma / chroma.sum(axis=0)), theirs


# What is compared -> the comparisons, each a function of the folder.
COMPARISONS: dict[str, list[Callable[[Path], Pair]]] = {
    "Hz and mel": [partial(mel_and_hz, convert, n) for convert in (hz_to_mel, mel_to_hz) for n in range(1, 5)],
    "edges of mel filters": [partial(mel_edges, n) for n in range(1, 11)],
    "mel filters": [partial(mel_filters, n) for n in range(1, 11)],
    "chroma filters": [partial(chroma_filters, n) for n in range(1, 7)],
    "power spectrum": [partial(spectra, n) for n in (1, 2)],
    "centroid": [centroid],
    "bandwidth": [bandwidth],
    "rolloff": [partial(rolloff, n) for n in (1, 2, 3)],
    "contrast": [contrast],
    "tonnetz": [tonnetz],
}


def deviations(folder: Path) -> Iterator[tuple[str, int, float]]:
    """What is compared, over how many files, and the largest deviation as part of the file's largest value."""
    for what, comparisons in COMPARISONS.items():
        pairs = [compare(folder) for compare in comparisons]
        yield what, len(pairs), max(float(np.abs(ours - theirs).max() / np.abs(theirs).max()) for ours, theirs in pairs)
