"""LFCC and GFCC: the banks in closed form and against SciPy's gammatone, the cepstra by their formulas."""

import math

import numpy as np
import pytest
from scipy.signal import freqz, gammatone

from audiofeat.dsp import (
    FrameSpec,
    GammatoneCepstrumRecipe,
    LinearCepstrumRecipe,
    erb_frequencies,
    extract,
    gammatone_filterbank,
    linear_filterbank,
    power_spectrum,
)

SPEC = FrameSpec(16000, 512, 160)


def test_linear_filters_are_triangles_that_share_every_bin():
    bank = linear_filterbank(16000, 512, n_filters=15, fmin=1000, fmax=5000)
    edges = 1000 + 250 * np.arange(17)
    frequencies = np.arange(257) * 31.25
    for row, (low, peak, high) in zip(bank, zip(edges, edges[1:], edges[2:], strict=False), strict=True):
        np.testing.assert_allclose(row, np.interp(frequencies, [low, peak, high], [0, 1, 0]), atol=1e-12)
    inner = (frequencies >= 1250) & (frequencies <= 4750)
    np.testing.assert_allclose(bank[:, inner].sum(axis=0), 1)


def test_erb_numbers_are_evenly_spaced():
    frequencies = erb_frequencies(40, 50, 8000)
    np.testing.assert_allclose(frequencies[[0, -1]], [50, 8000])
    erbs = 21.4 * np.log10(1 + 0.00437 * frequencies)
    np.testing.assert_allclose(np.diff(erbs), (erbs[-1] - erbs[0]) / 39)


@pytest.mark.parametrize("number", [10, 25, 40, 50])
def test_scipys_gammatone(number):
    # SciPy's filter of finite length, long enough to have died away, is the impulse response itself.
    centre = erb_frequencies(64, 50, 8000)[number]
    b, a = gammatone(centre, "fir", order=4, numtaps=4096, fs=16000)
    _, response = freqz(b, a, worN=np.arange(257) * 31.25, fs=16000)
    expected = np.abs(response) ** 2
    row = gammatone_filterbank(16000, 512)[number]
    inside = row > 1e-3
    # The image at the negative frequency, which the closed form leaves out, weighs most in low filters.
    np.testing.assert_allclose(row[inside] * expected.max() / row.max(), expected[inside], rtol=0.05)


def test_bandwidths_of_hearing():
    # The equivalent rectangular bandwidth of a gammatone of order 4 is pi 6! / (2 ** 6 3! ** 2) times its b.
    centres = erb_frequencies(10, 500, 4000)
    areas = gammatone_filterbank(16000, 1 << 16, n_filters=10, fmin=500, fmax=4000).sum(axis=1) * 16000 / (1 << 16)
    factor = math.pi * math.factorial(6) / (64 * math.factorial(3) ** 2)
    erb = 24.7 * (0.00437 * centres + 1)
    np.testing.assert_allclose(areas, 1.019 * factor * erb, rtol=1e-3)
    np.testing.assert_allclose(areas, erb, rtol=2e-3)


def cosines(n_out, n_in):
    matrix = np.array([[math.cos(math.pi * i * (j + 0.5) / n_in) for j in range(n_in)] for i in range(n_out)])
    matrix *= math.sqrt(2 / n_in)
    matrix[0] /= math.sqrt(2)
    return matrix


def test_lfcc_by_its_formula(rng):
    clip = rng.standard_normal(4000)
    (result,) = extract(clip, SPEC, [LinearCepstrumRecipe(n_lfcc=7, n_filters=30, top_db=None)])
    power = linear_filterbank(16000, 512, n_filters=30) @ power_spectrum(clip, SPEC)
    np.testing.assert_allclose(result, cosines(7, 30) @ (10 * np.log10(power)), atol=1e-9)


@pytest.mark.parametrize("compression", ["cubic_root", "log"])
def test_gfcc_by_its_formula(compression, rng):
    clip = rng.standard_normal(4000)
    recipe = GammatoneCepstrumRecipe(n_gfcc=7, n_filters=30, compression=compression, top_db=None)
    (result,) = extract(clip, SPEC, [recipe])
    power = gammatone_filterbank(16000, 512, n_filters=30) @ power_spectrum(clip, SPEC)
    bands = power ** (1 / 6) if compression == "cubic_root" else 10 * np.log10(power)
    np.testing.assert_allclose(result, cosines(7, 30) @ bands, atol=1e-9)


def test_gain_scales_the_cubic_root(rng):
    clip = rng.standard_normal(4000)
    quiet, loud = (extract(gain * clip, SPEC, [GammatoneCepstrumRecipe()])[0] for gain in (1.0, 8.0))
    np.testing.assert_allclose(loud, 2 * quiet, atol=1e-9)


@pytest.mark.parametrize(
    "recipe", [LinearCepstrumRecipe(), GammatoneCepstrumRecipe(), GammatoneCepstrumRecipe(compression="log")]
)
def test_types_and_silence(recipe):
    for dtype in (np.float32, np.float64):
        (result,) = extract(np.zeros(4000, dtype), SPEC, [recipe])
        assert result.dtype == dtype
        assert result.shape == (20, 26)
        assert np.isfinite(result).all()


def test_derivatives_of_orders_beyond_the_usual_width(rng):
    frames = extract(rng.standard_normal(4000), SPEC, [LinearCepstrumRecipe(n_lfcc=2, deltas=10)])[0]
    assert frames.shape == (22, 26)
    assert np.isfinite(frames).all()
    short = extract(rng.standard_normal(500), SPEC, [LinearCepstrumRecipe(n_lfcc=2, deltas=10)])[0]
    assert short.shape == (22, 4)
    # Four frames have no derivative beyond the third order.
    assert (short[8:] == 0).all()
