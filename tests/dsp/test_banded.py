"""Products with filter banks, against those of the whole matrices."""

import numpy as np
import pytest

from audiofeat.dsp import chroma_filterbank, linear_filterbank, mel_filterbank, speech_mel_filterbank
from audiofeat.dsp.banded import BandedFilterbank, FullFilterbank

BANKS = {
    "mel": mel_filterbank(22050, 2048),
    "few bins": mel_filterbank(16000, 512, n_mels=40),
    "filters without bins": mel_filterbank(16000, 128, n_mels=100),
    "one filter": mel_filterbank(16000, 512, n_mels=1),
    "no weight at all": np.zeros((5, 33)),
    "even": linear_filterbank(16000, 512),
    "speech": speech_mel_filterbank(16000, 512),
}


@pytest.mark.parametrize("layout", ["C", "F", "strided"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bank", BANKS)
def test_the_product_is_that_of_the_whole_matrix(bank, dtype, layout):
    weights = BANKS[bank]
    spectrum = np.random.default_rng(0).random((weights.shape[1], 7)).astype(dtype)
    expected = weights @ spectrum
    spectrum = np.repeat(spectrum, 2, axis=1)[:, ::2] if layout == "strided" else np.asarray(spectrum, order=layout)
    product = BandedFilterbank(weights, dtype) @ spectrum
    assert product.dtype == dtype
    assert product.flags.c_contiguous
    np.testing.assert_allclose(product, expected, rtol=20 * np.finfo(dtype).eps)


def test_a_frame_alone_gives_the_value_it_has_among_others():
    bank = BandedFilterbank(BANKS["mel"], np.float64)
    spectrum = np.asfortranarray(np.random.default_rng(0).random((1025, 9)))
    np.testing.assert_allclose(bank @ spectrum[:, 4:5], (bank @ spectrum)[:, 4:5], rtol=1e-14)


@pytest.mark.parametrize("n_frames", [0, 1, 81, 82, 200])
@pytest.mark.parametrize("n_chroma", [12, 36])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_full_filter_bank_is_multiplied_in_parts(n_chroma, n_frames, order):
    weights = chroma_filterbank(22050, 2048, n_chroma=n_chroma)
    spectrum = np.asarray(np.random.default_rng(0).random((1025, n_frames)), order=order)
    np.testing.assert_allclose(FullFilterbank(weights, np.float64) @ spectrum, weights @ spectrum, rtol=1e-12)
