"""Tiles taken out of a clip."""

import numpy as np
import pytest

from audiofeat.dsp import mel_band_edges, occluded_tiles

RATE = 8000


def tone(hz, n_samples=RATE):
    return np.sin(2 * np.pi * hz * np.arange(n_samples) / RATE)


@pytest.mark.parametrize("n_samples", [1, 100, 5000, 8001])
def test_all_tiles_together_are_the_clip(n_samples, rng):
    clip = rng.standard_normal(n_samples)
    tiles = occluded_tiles(
        clip, RATE, np.linspace(0, n_samples / RATE, 4), mel_band_edges(3, RATE / 2), attenuation=np.inf
    )
    taken = sum(clip - variant for variant in tiles)
    np.testing.assert_allclose(taken, clip, atol=1e-12)


def test_a_tile_is_its_stretch_of_its_band():
    # A low tone in the first half, a high one in the second: two of four tiles hold everything.
    clip = np.where(np.arange(RATE) < RATE // 2, tone(500), tone(3000))
    variants = list(occluded_tiles(clip, RATE, np.array([0, 0.5, 1.0]), np.array([0, 1500.0, 4000.0])))
    lost = [float(np.square(clip - variant).sum() / np.square(clip).sum()) for variant in variants]
    np.testing.assert_allclose(lost, [0.5, 0, 0, 0.5], atol=0.02)
    # Beyond the soft border, the other half is left bit for bit.
    np.testing.assert_array_equal(variants[0][RATE // 2 + 512 :], clip[RATE // 2 + 512 :])


@pytest.mark.parametrize(("attenuation", "left"), [(0.0, 1.0), (20.0, 0.1), (60.0, 0.001)])
def test_attenuation_is_in_decibels(attenuation, left):
    clip = tone(1000)
    edges = np.array([0.0, 1.0]), np.array([0.0, 4000.0])
    (variant,) = occluded_tiles(clip, RATE, *edges, attenuation=attenuation)
    np.testing.assert_allclose(variant, left * clip, atol=1e-12)


def test_float32_stays_float32():
    (variant,) = occluded_tiles(tone(440).astype(np.float32), RATE, np.array([0, 1.0]), np.array([0, 4000.0]))
    assert variant.dtype == np.float32


def test_bands_are_equally_wide_in_mels_and_end_at_the_top():
    edges = mel_band_edges(5, 4000.0)
    assert edges[0] == 0
    assert edges[-1] == pytest.approx(4000.0)
    assert np.all(np.diff(edges) > 0)
