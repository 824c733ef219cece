"""Filter banks and the DCT matrix in closed form."""

import numpy as np
import pytest
import scipy.fft

from audiofeat.dsp import chroma_filterbank, dct_matrix, mel_filterbank, mel_frequencies


@pytest.mark.parametrize("mel_scale", ["slaney", "htk"])
@pytest.mark.parametrize("n_fft", [1024, 1023])
def test_unnormalised_triangles_meet_at_one(mel_scale, n_fft):
    # Neighbouring triangles cross, so that between the first and the last centre their weights add up to 1.
    bank = mel_filterbank(16000, n_fft, n_mels=20, mel_scale=mel_scale, mel_norm=None)
    centres = mel_frequencies(22, 0.0, 8000.0, mel_scale)
    bins = np.fft.rfftfreq(n_fft, 1 / 16000)
    inside = (bins >= centres[1]) & (bins <= centres[-2])
    np.testing.assert_allclose(bank.sum(axis=0)[inside], 1.0, atol=1e-9)
    assert bank.min() == 0.0
    assert bank.max() <= 1.0


def test_slaney_normalisation_gives_unit_area():
    # A triangle's area is the sum of its samples times their distance, as long as it holds many of them.
    bank = mel_filterbank(16000, 1 << 15, n_mels=20)
    np.testing.assert_allclose(bank.sum(axis=1) * (16000 / (1 << 15)), 1.0, rtol=1e-3)


@pytest.mark.parametrize("order", [1.0, 2.0, 3.0, np.inf])
def test_a_number_normalises_by_its_norm(order):
    bank = mel_filterbank(16000, 1024, n_mels=20, mel_norm=order)
    np.testing.assert_allclose(np.linalg.norm(bank, ord=order, axis=1), 1.0)


def test_filters_stay_between_their_edges():
    bank = mel_filterbank(16000, 2048, n_mels=10, fmin=500.0, fmax=4000.0)
    bins = np.fft.rfftfreq(2048, 1 / 16000)
    assert (bank[:, (bins <= 500.0) | (bins >= 4000.0)] == 0).all()
    centres = mel_frequencies(12, 500.0, 4000.0)[1:-1]
    np.testing.assert_allclose(bins[bank.argmax(axis=1)], centres, atol=8000 / 1024)


def test_filters_narrower_than_a_bin_are_empty_and_finite():
    for mel_norm in ("slaney", 2.0, np.inf, None):
        bank = mel_filterbank(8000, 64, n_mels=128, mel_norm=mel_norm)
        assert np.isfinite(bank).all()
        assert (bank.sum(axis=1) == 0).any()


@pytest.mark.parametrize(("n_chroma", "row"), [(12, 9), (24, 18), (36, 27)])
def test_concert_pitch_falls_into_its_class(n_chroma, row):
    bank = chroma_filterbank(22050, 8192, n_chroma=n_chroma)
    for octave in (220.0, 440.0, 880.0, 1760.0):
        assert bank[:, round(octave * 8192 / 22050)].argmax() == row


def test_tuning_moves_the_centres():
    # A tone half a semitone sharp lies between two classes, and in the middle of one that is tuned to it.
    bin_ = round(880.0 * 2 ** (0.5 / 12) * 32768 / 22050)
    plain, tuned = (chroma_filterbank(22050, 32768, tuning=t, octave_width=None)[:, bin_] for t in (0.0, 0.5))
    np.testing.assert_allclose(plain[9], plain[10], rtol=2e-2)
    assert tuned[9] > 5 * tuned.take([8, 10]).max()


def test_columns_have_unit_norm_before_octaves_are_weighted():
    bank = chroma_filterbank(22050, 2048, octave_width=None)
    np.testing.assert_allclose(np.linalg.norm(bank, axis=0), 1.0)


def test_octaves_are_weighted_by_a_gaussian():
    plain = chroma_filterbank(22050, 2048, octave_width=None)
    weighted = chroma_filterbank(22050, 2048, center_octave=4.0, octave_width=1.5)
    octaves = np.log2(np.fft.rfftfreq(2048, 1 / 22050)[1:] / 27.5)
    np.testing.assert_allclose((weighted / plain)[3, 1:], np.exp(-0.5 * ((octaves - 4.0) / 1.5) ** 2))


def test_first_row_is_a_or_c():
    from_a = chroma_filterbank(22050, 2048, base_c=False)
    np.testing.assert_array_equal(chroma_filterbank(22050, 2048), np.roll(from_a, -3, axis=0))


@pytest.mark.parametrize("dct_type", [2, 3])
def test_orthonormal_transforms_are_orthonormal(dct_type):
    matrix = dct_matrix(33, 33, dct_type=dct_type)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(33), atol=1e-13)


def test_types_two_and_three_undo_each_other():
    np.testing.assert_allclose(dct_matrix(20, 20, dct_type=3) @ dct_matrix(20, 20), np.eye(20), atol=1e-13)


def test_the_transform_of_a_constant_is_its_first_coefficient():
    coefficients = dct_matrix(13, 40) @ np.full(40, 2.0)
    np.testing.assert_allclose(coefficients, [2.0 * np.sqrt(40)] + [0.0] * 12, atol=1e-12)


@pytest.mark.parametrize("dct_type", [1, 2, 3])
@pytest.mark.parametrize("dct_norm", ["ortho", None])
def test_the_matrix_is_the_transform(dct_type, dct_norm, rng):
    x = rng.standard_normal((26, 5))
    expected = scipy.fft.dct(x, type=dct_type, norm=dct_norm, axis=0)[:13]
    np.testing.assert_allclose(dct_matrix(13, 26, dct_type=dct_type, dct_norm=dct_norm) @ x, expected, atol=1e-12)
