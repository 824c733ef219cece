import numpy as np
import pytest

from audiofeat.neural import SpectrogramAugmenter
from audiofeat.neural.batches import Batches
from audiofeat.neural.inputs import InputScaler


def _batches(n_clips=10, batch_size=4, seed=0, **changes):
    maps = np.arange(n_clips, dtype=np.float32).reshape(-1, 1, 1, 1) * np.ones((1, 2, 6, 1), np.float32)
    targets = np.eye(n_clips, dtype=np.float32)
    settings = {"scaler": None, "augmenter": None, "batch_size": batch_size, "seed": seed, **changes}
    return Batches(maps, targets, np.ones(n_clips), **settings)


@pytest.mark.parametrize(
    ("n_clips", "batch_size", "size", "count"), [(10, 4, 4, 3), (9, 4, 3, 3), (3, 16, 3, 1), (5, 1, 1, 5)]
)
def test_batches_have_one_size(n_clips, batch_size, size, count):
    epoch = list(_batches(n_clips, batch_size).epoch(0))
    assert [len(batch.maps) for batch in epoch] == [size] * count


def test_every_clip_counts_once_in_an_epoch():
    counted = sum((batch.targets * batch.weights[:, None]).sum(axis=0) for batch in _batches().epoch(0))
    # Twelve rows for ten clips: Keras divides by rows, so each weight is 12 / 10.
    np.testing.assert_allclose(counted, 1.2)


def test_maps_targets_and_weights_belong_together():
    for batch in _batches().epoch(0):
        np.testing.assert_array_equal(batch.maps[:, 0, 0, 0], batch.targets.argmax(axis=1))


def test_epochs_differ_and_repeat():
    batches = _batches(augmenter=SpectrogramAugmenter())
    first, again, other = (np.concatenate([batch.maps for batch in batches.epoch(n)]) for n in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_clips_are_standardised_before_they_are_augmented():
    scaler = InputScaler()
    scaler.mean_, scaler.scale_ = np.full((2, 1), 4.0, np.float32), np.full((2, 1), 2.0, np.float32)
    augmenter = SpectrogramAugmenter(time_shift=0, freq_mask=0, time_mask=1, n_masks=5)
    plain = {0.0, *((np.arange(10) - 4) / 2)}
    for batch in _batches(scaler=scaler, augmenter=augmenter).epoch(0):
        assert set(np.unique(batch.maps)) <= plain


def test_mixtures_count_as_much_as_their_clips():
    augmenter = SpectrogramAugmenter(time_shift=0, freq_mask=0, time_mask=0, mixup=1.0)
    weights = []
    for batch in _batches(augmenter=augmenter).epoch(0):
        # The map of clip k holds k: the mean over the mixed target is what the mixture holds, where all weigh the same.
        full = batch.weights > 1.19
        held = batch.targets @ np.arange(10)
        np.testing.assert_allclose(batch.maps[full, 0, 0, 0], held[full], rtol=1e-5)
        np.testing.assert_allclose(batch.targets.sum(axis=1), 1, rtol=1e-6)
        weights.append(batch.weights)
    assert len(set(np.concatenate(weights).round(6))) > 1


def test_validation_and_prediction_see_clips_as_they_are(maps, tiny):
    from sklearn.base import clone

    class Forbidden(SpectrogramAugmenter):
        calls = 0

        def augment(self, maps, rng):
            type(self).calls += 1
            return super().augment(maps, rng)

    X, y = maps
    cnn = (
        clone(tiny)
        .set_params(augmentation=Forbidden(mixup=0.2), epochs=2, batch_size=24)
        .fit(X[:24], y[:24], X_val=X[24:], y_val=y[24:])
    )
    # One batch of training clips an epoch, and nothing for validation.
    assert Forbidden.calls == 2
    cnn.predict_proba(X)
    assert Forbidden.calls == 2
