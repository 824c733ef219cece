"""LFCC and GFCC as extractors: shapes, names, banks, refusals."""

import numpy as np
import pytest
from sklearn.base import clone

from audiofeat import GFCC, LFCC, MFCC, AudioLoader, Delta, FeatureBank, StatsPooling
from audiofeat.dsp import FrameSpec, GammatoneCepstrumRecipe, LinearCepstrumRecipe, extract

CLIPS = np.random.default_rng(0).standard_normal((3, 4000))


@pytest.mark.parametrize(
    ("extractor", "recipe"),
    [
        (LFCC(), LinearCepstrumRecipe()),
        (
            LFCC(n_lfcc=5, n_filters=40, fmin=100, fmax=4000, top_db=None),
            LinearCepstrumRecipe(5, 40, 100, 4000, top_db=None),
        ),
        (
            LFCC(dct_type=3, dct_norm=None, lifter=22, deltas=1),
            LinearCepstrumRecipe(20, 128, 0.0, None, 3, None, 22, 1),
        ),
        (GFCC(), GammatoneCepstrumRecipe()),
        (GFCC(n_gfcc=5, n_filters=40, fmin=100, fmax=4000), GammatoneCepstrumRecipe(5, 40, 100, 4000)),
        (GFCC(compression="log", top_db=60, deltas=2), GammatoneCepstrumRecipe(compression="log", top_db=60, deltas=2)),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_framewise_and_pooled(extractor, recipe, dtype):
    clips = CLIPS.astype(dtype)
    maps = clone(extractor).set_params(pooling=None).fit_transform(clips)
    assert maps.dtype == dtype
    # Extraction keeps BLAS to one thread; with more, products are summed in another order.
    tolerance = 1e-3 if dtype == np.float32 else 1e-9
    np.testing.assert_allclose(maps[2], extract(clips[2], FrameSpec(), [recipe])[0], rtol=0, atol=tolerance)
    pooled = clone(extractor).fit(clips)
    np.testing.assert_array_equal(pooled.transform(clips), StatsPooling().fit_transform(maps))
    names = pooled.get_feature_names_out()
    assert len(set(names)) == len(names) == 2 * maps.shape[1]


def test_names():
    assert list(LFCC(n_lfcc=2, deltas=1, pooling="mean").fit(CLIPS).get_feature_names_out()) == [
        "lfcc_0_mean",
        "lfcc_1_mean",
        "lfcc_0_delta_mean",
        "lfcc_1_delta_mean",
    ]
    assert GFCC().fit(CLIPS).get_feature_names_out()[39] == "gfcc_19_std"


def test_in_a_bank_with_mfcc():
    batch = AudioLoader(sample_rate=16000).fit_transform(CLIPS)
    members = [MFCC(), LFCC(), GFCC(), GFCC(compression="log", n_gfcc=5)]
    bank = FeatureBank([(f"m{i}", member) for i, member in enumerate(members)])
    alone = [clone(member).fit_transform(batch) for member in members]
    np.testing.assert_array_equal(bank.fit_transform(batch), np.concatenate(alone, axis=1))


def test_derivatives_of_any_order():
    maps = MFCC(n_mfcc=3, deltas=11, pooling=None).fit_transform(CLIPS)
    assert maps.shape == (3, 36, 8)
    # Eight frames have no derivative beyond the seventh order.
    assert (maps[:, 24:] == 0).all()
    np.testing.assert_array_equal(maps[:, :24], Delta(order=7).fit_transform(maps[:, :3]))


@pytest.mark.parametrize(
    ("extractor", "message"),
    [
        (LFCC(n_lfcc=129), r"LFCC got n_lfcc=129, more than n_filters=128\. Lower n_lfcc, or raise n_filters"),
        (GFCC(n_gfcc=65), r"GFCC got n_gfcc=65, more than n_filters=64\. Lower n_gfcc, or raise n_filters"),
        (LFCC(fmax=16000), r"LFCC got fmax=16000 Hz, above half the sample rate"),
        (GFCC(fmin=5000, fmax=4000), r"GFCC got fmin=5000 Hz, not below fmax=4000 Hz"),
        (GFCC(compression="root"), r"'compression' parameter of GFCC"),
        (LFCC(deltas=-1), r"'deltas' parameter"),
    ],
)
def test_refusals(extractor, message):
    with pytest.raises(ValueError, match=message):
        extractor.fit(CLIPS)
