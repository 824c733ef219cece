import numpy as np
import pytest

from audiofeat.neural import SpectrogramAugmenter


@pytest.fixture
def batch(rng):
    return rng.normal(size=(6, 20, 30, 2)).astype(np.float32) + 10


def test_input_stays_as_it_is(batch, rng):
    before = batch.copy()
    SpectrogramAugmenter().augment(batch, rng)
    np.testing.assert_array_equal(batch, before)


def test_same_generator_gives_the_same_batch(batch):
    augmenter = SpectrogramAugmenter()
    first, second = (augmenter.augment(batch, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, augmenter.augment(batch, np.random.default_rng(4)))


def test_without_effect_at_zero(batch, rng):
    unchanged = SpectrogramAugmenter(time_shift=0, freq_mask=0, time_mask=0).augment(batch, rng)
    np.testing.assert_array_equal(unchanged, batch)


def test_shift_rolls_each_clip_by_its_own_step_within_the_limit(batch, rng):
    shifted = SpectrogramAugmenter(time_shift=0.2, n_masks=0).augment(batch, rng)
    steps = []
    for before, after in zip(batch, shifted, strict=True):
        steps += [step for step in range(-6, 7) if np.array_equal(np.roll(before, step, axis=1), after)]
    assert len(steps) == len(batch)
    assert len(set(steps)) > 1


def test_masks_are_whole_bins_and_frames_within_the_limit(batch, rng):
    masked = SpectrogramAugmenter(time_shift=0, freq_mask=0.25, time_mask=0.1, n_masks=1).augment(batch, rng)
    hidden = masked == 0
    np.testing.assert_array_equal(masked[~hidden], batch[~hidden])
    bins, frames = hidden.all(axis=(2, 3)), hidden.all(axis=(1, 3))
    np.testing.assert_array_equal(hidden, (bins[:, :, None] | frames[:, None, :])[..., None].repeat(2, axis=-1))
    assert 0 < bins.sum(axis=1).max() <= 5
    assert 0 < frames.sum(axis=1).max() <= 3


@pytest.mark.parametrize("shape", [(2, 1, 1, 1), (2, 1, 9, 1), (2, 9, 1, 1)])
def test_smallest_maps_pass(shape, rng):
    assert SpectrogramAugmenter(time_shift=1, freq_mask=1, time_mask=1).augment(np.ones(shape), rng).shape == shape


@pytest.mark.parametrize("name", ["time_shift", "freq_mask", "time_mask"])
def test_values_out_of_range_are_refused(name):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of SpectrogramAugmenter"):
        SpectrogramAugmenter(**{name: 1.5}).check_parameters()
