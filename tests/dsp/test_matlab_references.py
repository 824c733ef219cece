"""The numeric core against values made with MATLAB: Ellis' and Slaney's own code, as librosa ships them for its tests.

The files hold what went in (rate, lengths, edges) beside what came out, with whole spectra where ours stop at half the
rate, and chroma that begins at A.
"""

import numpy as np
import pytest
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
)


@pytest.fixture(scope="module")
def references(data_folder):
    folder = data_folder / "references" / "librosa"
    if not folder.is_dir():
        pytest.skip(f"no references in {folder}")
    return folder


def values(file):
    """The file's variables; single numbers as such."""
    content = {name: value for name, value in loadmat(file).items() if not name.startswith("__")}
    return {name: value.item() if value.size == 1 else value for name, value in content.items()}


def scale(reference):
    return "htk" if reference["htk"] else "slaney"


@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize("convert", [hz_to_mel, mel_to_hz])
def test_mel_and_hz(references, convert, number):
    reference = values(references / f"feature-{convert.__name__}-{number:03}.mat")
    np.testing.assert_allclose(convert(reference["f"], scale(reference)), reference["result"], rtol=1e-12)


@pytest.mark.parametrize("number", range(1, 11))
def test_mel_filters(references, number):
    reference = values(references / f"feature-melfb-{number:03}.mat")
    n_mels, fmin, fmax, n_fft = (reference[name] for name in ("nfilts", "fmin", "fmax", "nfft"))
    edges = mel_frequencies(n_mels + 2, fmin, fmax, scale(reference))
    np.testing.assert_allclose(edges, reference["frqs"][0], rtol=1e-12, atol=1e-11)
    bank = mel_filterbank(reference["sr"], n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax, mel_scale=scale(reference))
    np.testing.assert_allclose(bank, reference["wts"][:, : n_fft // 2 + 1], atol=1e-15)


@pytest.mark.parametrize("number", range(1, 7))
def test_chroma_filters(references, number):
    reference = values(references / f"feature-chromafb-{number:03}.mat")
    n_fft, n_chroma = reference["nfft"], reference["nchroma"]
    bank = chroma_filterbank(
        reference["sr"],
        n_fft,
        n_chroma=n_chroma,
        tuning=n_chroma * np.log2(reference["a440"] / 440),
        center_octave=reference["ctroct"],
        octave_width=reference["octwidth"] or None,
        base_c=False,
    )
    np.testing.assert_allclose(bank, reference["wts"][:, : n_fft // 2 + 1], atol=1e-12)


@pytest.mark.parametrize(("number", "window"), [(1, "boxcar"), (2, "hann")])
def test_spectra(references, number, window):
    reference = values(references / f"core-stft-{number:03}.mat")
    clip = soundfile.read(references / reference["wavfile"].rpartition("/")[2])[0].mean(axis=1)
    spec = FrameSpec(reference["sr"], reference["nfft"], reference["hop_length"], window=window, center=False)
    power = power_spectrum(clip, spec)
    np.testing.assert_allclose(power, np.abs(reference["D"]) ** 2, rtol=1e-9, atol=1e-11)
