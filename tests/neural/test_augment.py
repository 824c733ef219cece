import numpy as np
import pytest

from audiofeat.neural import SpectrogramAugmenter
from audiofeat.neural.objectives import learn_objective


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
@pytest.mark.parametrize("crop", [0, 0.9])
def test_smallest_maps_pass(shape, crop, rng):
    augmenter = SpectrogramAugmenter(time_shift=1, freq_shift=1, crop=crop, gain=1, noise=1, freq_mask=1, time_mask=1)
    assert augmenter.augment(np.ones(shape), rng).shape == shape


@pytest.fixture
def still():
    """An augmenter that does nothing but what it is told."""

    def make(**settings):
        return SpectrogramAugmenter(**({"time_shift": 0, "freq_mask": 0, "time_mask": 0} | settings))

    return make


def test_frequencies_move_together_and_the_edge_is_repeated(still, rng):
    maps = np.arange(20, dtype=np.float32).reshape(1, 20, 1, 1) * np.ones((50, 1, 5, 1), np.float32)
    moved = still(freq_shift=0.15).augment(maps, rng)
    steps = {int(clip[10, 0, 0]) - 10 for clip in moved}
    assert steps == {-3, -2, -1, 0, 1, 2, 3}
    for clip in moved:
        np.testing.assert_array_equal(clip[:, 0, 0], np.clip(np.arange(20) + clip[10, 0, 0] - 10, 0, 19))


def test_crop_stretches_a_window_of_the_clip(still, rng):
    # A ramp: a window of it, stretched, is a ramp again, between the window's two ends.
    maps = np.linspace(0, 1, 31, dtype=np.float32).reshape(1, 1, 31, 1) * np.ones((50, 2, 1, 1), np.float32)
    cropped = still(crop=0.4).augment(maps, rng)
    assert cropped.shape == maps.shape
    first, last = cropped[:, 0, 0, 0], cropped[:, 0, -1, 0]
    np.testing.assert_allclose(
        np.diff(cropped, axis=2), ((last - first) / 30)[:, None, None, None] * np.ones((1, 2, 30, 1)), atol=1e-6
    )
    assert (first >= 0).all()
    assert (last <= 1 + 1e-6).all()
    assert 0.6 <= (last - first).min() < 0.7
    assert 0.9 < (last - first).max() <= 1 + 1e-6


def test_crop_with_a_shift_is_a_rolled_crop(rng):
    maps = np.linspace(0, 1, 31, dtype=np.float32).reshape(1, 1, 31, 1)
    shifted = SpectrogramAugmenter(time_shift=1, crop=0.4, n_masks=0).augment(maps, rng)[0, 0, :, 0]
    assert (np.diff(shifted) < 0).sum() <= 1
    assert np.ptp(shifted) >= 0.6


def test_gain_is_one_constant_a_clip(batch, still, rng):
    added = still(gain=2.0).augment(batch, rng) - batch
    np.testing.assert_allclose(added, added[:, :1, :1, :1] * np.ones_like(added), atol=1e-5)
    constants = added[:, 0, 0, 0]
    assert len(set(constants)) == len(batch)
    assert np.abs(constants).max() <= 2


def test_noise_is_of_random_strength_up_to_the_limit(still, rng):
    added = still(noise=0.5).augment(np.zeros((200, 20, 30, 1), np.float32), rng)
    strength = added.std(axis=(1, 2, 3))
    assert strength.min() < 0.05
    assert 0.4 < strength.max() < 0.55
    assert abs(added.mean()) < 0.01


@pytest.mark.parametrize("weights", [[1, 1, 1, 1, 1, 1], [1, 2, 0, 3, 0, 0.5]], ids=["equal", "weighted"])
@pytest.mark.parametrize("targets", ["one label", "several labels"])
def test_the_loss_of_a_mixture_is_the_mixture_of_the_losses(batch, still, rng, weights, targets):
    targets = np.eye(6) if targets == "one label" else rng.integers(0, 2, size=(6, 3)).astype(float)
    weights = np.array(weights, dtype=np.float32)
    maps = np.arange(6, dtype=np.float32).reshape(6, 1, 1, 1)
    changed, mixed, total = still(mixup=1.0).mix(maps, targets, weights, np.random.default_rng(5))
    other = _partners(6, np.random.default_rng(5))
    # Clip k is a map of k, so that the share can be read off the mixture.
    share = np.array(
        [1 if a == b else (x - b) / (a - b) for a, b, x in zip(range(6), other, changed.ravel(), strict=True)]
    )
    assert (share >= 0.5 - 1e-6).all()
    own, borrowed = share * weights, (1 - share) * weights[other]
    np.testing.assert_allclose(total, own + borrowed, rtol=1e-5)
    # Any loss that is linear in the target: its slope stands for it.
    slope = rng.normal(size=targets.shape[1])
    expected = own * (targets @ slope) + borrowed * (targets[other] @ slope)
    np.testing.assert_allclose(total * (mixed @ slope), expected, rtol=1e-4, atol=1e-5)


def _partners(n_clips, rng):
    """The permutation that is drawn after the shares."""
    rng.beta(1.0, 1.0, size=n_clips)
    return rng.permutation(n_clips)


def test_mixing_keeps_types_and_input(batch, still, rng):
    targets, weights = np.eye(6, dtype=np.float32), np.ones(6, dtype=np.float32)
    before = batch.copy()
    mixed = still(mixup=0.4).mix(batch, targets, weights, rng)
    assert [array.dtype for array in mixed] == [np.float32] * 3
    assert [array.shape for array in mixed] == [batch.shape, targets.shape, weights.shape]
    np.testing.assert_array_equal(batch, before)
    np.testing.assert_array_equal(targets, np.eye(6))


def test_without_mixup_nothing_is_drawn(batch, still, rng):
    arrays = batch, np.eye(6), np.ones(6)
    state = rng.bit_generator.state
    assert still().mix(*arrays, rng) == arrays
    assert rng.bit_generator.state == state


@pytest.mark.parametrize("name", ["time_shift", "freq_shift", "crop", "freq_mask", "time_mask"])
def test_values_out_of_range_are_refused(name):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of SpectrogramAugmenter"):
        SpectrogramAugmenter(**{name: 1.5}).check_parameters()


@pytest.mark.parametrize("several", [False, True], ids=["one label", "several labels"])
def test_mixed_targets_fit_the_losses_of_the_classifier(still, rng, several):
    y = rng.integers(0, 2, size=(6, 4)) if several else np.array(list("abcabc"))
    objective = learn_objective(y)
    class_weights = objective.weigh("balanced" if several else {"a": 1.0, "b": 2.0, "c": 0.5}, y)
    targets, weights = objective.encode(y, class_weights)
    logits = rng.normal(size=(1, 4 if several else 3)).repeat(6, axis=0)
    maps = np.zeros((6, 1, 1, 1), dtype=np.float32)
    _, mixed, total = still(mixup=1.0).mix(maps, targets, weights, np.random.default_rng(5))
    share = np.random.default_rng(5).beta(1.0, 1.0, size=6)
    share, other = np.maximum(share, 1 - share), _partners(6, np.random.default_rng(5))
    losses = weights * objective.losses(logits, targets)
    expected = share * losses + (1 - share) * losses[other]
    np.testing.assert_allclose(total * objective.losses(logits, mixed), expected, rtol=1e-5)
