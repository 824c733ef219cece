"""The numeric core against values made with MATLAB: filter banks, conversions, spectra, descriptors."""

import numpy as np
import pytest

from audiofeat.dsp import hz_to_mel, mel_to_hz, spectral_bandwidth, spectral_moments

from . import against_matlab


@pytest.fixture(scope="module")
def references(data_folder):
    folder = data_folder / "references" / "librosa"
    if not folder.is_dir():
        pytest.skip(f"no references in {folder}")
    return folder


@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize("convert", [hz_to_mel, mel_to_hz])
def test_mel_and_hz(references, convert, number):
    np.testing.assert_allclose(*against_matlab.mel_and_hz(convert, number, references), rtol=1e-12)


@pytest.mark.parametrize("number", range(1, 11))
def test_mel_filters(references, number):
    np.testing.assert_allclose(*against_matlab.mel_edges(number, references), rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(*against_matlab.mel_filters(number, references), atol=1e-15)


@pytest.mark.parametrize("number", range(1, 7))
def test_chroma_filters(references, number):
    np.testing.assert_allclose(*against_matlab.chroma_filters(number, references), atol=1e-12)


@pytest.mark.parametrize("number", [1, 2])
def test_spectra(references, number):
    np.testing.assert_allclose(*against_matlab.spectra(number, references), rtol=1e-9, atol=1e-11)


def test_centroid(references):
    np.testing.assert_allclose(*against_matlab.centroid(references), rtol=1e-10)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_rolloff(references, number):
    np.testing.assert_allclose(*against_matlab.rolloff(number, references), rtol=1e-10)


def test_bandwidth(references):
    np.testing.assert_allclose(*against_matlab.bandwidth(references), rtol=1e-8)


def test_bandwidth_is_the_second_moment(references):
    spectrum = against_matlab.reference(references, "met-bandwidth-001")["S"]
    frequencies = np.linspace(0, 11025, len(spectrum))
    moments = spectral_moments(spectrum, frequencies)
    np.testing.assert_allclose(spectral_bandwidth(spectrum, frequencies), moments["bandwidth"], rtol=1e-8)


def test_contrast(references):
    np.testing.assert_allclose(*against_matlab.contrast(references), rtol=1e-8)


def test_tonnetz(references):
    np.testing.assert_allclose(*against_matlab.tonnetz(references), atol=1e-12)


def test_all_that_is_compared_has_files(references):
    found = list(against_matlab.deviations(references))
    assert sum(count for _, count, _ in found) == 43
    assert all(0 <= deviation < 1e-8 for _, _, deviation in found)
