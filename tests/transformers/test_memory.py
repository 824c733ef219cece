"""AudioLoader(memory=...): every feature of every clip is computed once, and is what it would be without."""

import pickle
import shutil

import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from audiofeat import (
    MFCC,
    AudioInputError,
    AudioLoader,
    CacheWarning,
    Chroma,
    FeatureBank,
    FeatureCache,
    MelSpectrogram,
    RandomConvolutions,
    Spectrogram,
)

SMALL = {"n_mels": 20, "n_fft": 256}


@pytest.fixture
def paths(write_clip):
    return [write_clip(f"{'x' * n}.flac") for n in range(1, 21)]


@pytest.fixture
def load(tmp_path):
    """A function from recordings to a batch with a store."""

    def load(X, **options):
        options = {"sample_rate": 8000, "memory": tmp_path / "store", **options}
        return AudioLoader(**options).fit_transform(X)

    return load


@pytest.mark.parametrize(
    "extractor",
    [
        MFCC(**SMALL),
        MFCC(pooling=None, deltas=1, **SMALL),
        Spectrogram(n_fft=256, pooling=("max", "median"), n_jobs=2),
        FeatureBank([("mel", MelSpectrogram(**SMALL)), ("chroma", Chroma())], n_jobs=2),
    ],
)
def test_the_second_time_nothing_is_decoded(paths, load, decoded, extractor):
    plain = clone(extractor).fit_transform(load(paths, memory=None))
    decoded.clear()
    first = clone(extractor).fit_transform(load(paths))
    assert len(decoded) == len(paths)
    second = clone(extractor).fit_transform(load(paths))
    assert len(decoded) == len(paths)
    for values in (first, second):
        assert values.dtype == plain.dtype
        np.testing.assert_array_equal(values, plain)


def test_a_bank_and_its_members_share_the_store(paths, load, decoded):
    mfcc, chroma = MFCC(**SMALL), Chroma()
    alone = mfcc.fit_transform(load(paths))
    bank = FeatureBank([("chroma", chroma), ("mfcc", mfcc)])
    together = bank.fit_transform(load(paths))
    assert len(decoded) == 2 * len(paths), "once for the coefficients, once for chroma"
    np.testing.assert_array_equal(together[:, 24:], alone)
    np.testing.assert_array_equal(chroma.fit_transform(load(paths)), together[:, :24])
    assert len(decoded) == 2 * len(paths)
    np.testing.assert_array_equal(together, clone(bank).fit_transform(load(paths, memory=None)))


def test_folds_share_the_store(paths, load, decoded):
    batch = load(paths)
    MFCC(**SMALL).fit_transform(batch[:12])
    rows = MFCC(**SMALL).fit_transform(batch[::-1])
    assert len(decoded) == len(paths)
    np.testing.assert_array_equal(rows[::-1], MFCC(**SMALL).fit_transform(load(paths, memory=None)))


def test_the_content_counts_not_the_path(paths, load, decoded, tmp_path):
    rows = MFCC(**SMALL).fit_transform(load(paths[:2]))
    copy = tmp_path / "elsewhere.flac"
    shutil.copyfile(paths[0], copy)
    again = MFCC(**SMALL).fit_transform(load([copy, paths[1].read_bytes()]))
    assert len(decoded) == 2
    np.testing.assert_array_equal(again, rows)


def test_a_changed_file_is_another_clip(paths, load, decoded):
    old = MFCC(**SMALL).fit_transform(load(paths[:1]))
    content = paths[0].read_bytes()
    paths[0].write_bytes(paths[1].read_bytes())
    new = MFCC(**SMALL).fit_transform(load(paths[:1]))
    assert len(decoded) == 2
    np.testing.assert_array_equal(new, MFCC(**SMALL).fit_transform(load(paths[1:2])))
    assert (new != old).any()
    paths[0].write_bytes(content)
    np.testing.assert_array_equal(MFCC(**SMALL).fit_transform(load(paths[:1])), old)
    assert len(decoded) == 2


def test_parts_of_a_file_are_clips_of_their_own(paths, load, decoded):
    frame = pd.DataFrame({"path": str(paths[0]), "start": [0.0, 0.1, 0.1, 0.0], "end": [0.3, 0.3, 0.4, np.nan]})
    rows = MFCC(**SMALL).fit_transform(load(frame))
    assert len(decoded) == len(np.unique(rows[:, 0])) == 4
    np.testing.assert_array_equal(MFCC(**SMALL).fit_transform(load(frame)), rows)
    np.testing.assert_array_equal(MFCC(**SMALL).fit_transform(load(frame, memory=None)), rows)


@pytest.mark.parametrize(
    "change",
    [
        {"n_mfcc": 19},
        {"lifter": 2},
        {"dct_norm": None},
        {"n_mels": 30},
        {"fmin": 10},
        {"fmax": 3000},
        {"mel_scale": "htk"},
        {"mel_norm": None},
        {"top_db": 60},
        {"deltas": 1},
        {"n_fft": 512},
        {"hop_length": 500},
        {"win_length": 200},
        {"window": "hamming"},
        {"center": False},
        {"pad_mode": "edge"},
        {"pooling": "mean"},
        {"pooling": ("std", "mean")},
        {"pooling": None},
    ],
    ids=repr,
)
def test_every_setting_of_the_feature_counts(paths, load, decoded, change):
    MFCC(**SMALL).fit_transform(load(paths[:1]))
    changed = MFCC(**{**SMALL, **change})
    values = changed.fit_transform(load(paths[:1]))
    assert len(decoded) == 2
    np.testing.assert_array_equal(values, clone(changed).fit_transform(load(paths[:1], memory=None)))


@pytest.mark.parametrize("change", [{"sample_rate": 16000}, {"duration": 0.4}, {"offset": 0.1}], ids=repr)
def test_every_setting_of_the_loader_counts(paths, load, decoded, change):
    MFCC(**SMALL).fit_transform(load(paths[:1]))
    values = MFCC(**SMALL).fit_transform(load(paths[:1], **change))
    assert len(decoded) == 2
    np.testing.assert_array_equal(values, MFCC(**SMALL).fit_transform(load(paths[:1], memory=None, **change)))


def test_settings_count_by_value(paths, load, decoded):
    MFCC(n_mfcc=13, fmin=0.0, **SMALL).fit_transform(load(paths[:1], duration=1))
    same = MFCC(n_mfcc=np.int64(13), fmin=0, lifter=0.0, top_db=80, n_mels=np.int32(20), n_fft=np.int16(256))
    same.fit_transform(load(paths[:1], duration=np.float64(1.0), sample_rate=np.int64(8000)))
    assert len(decoded) == 1
    # What does not change the values is no setting of the feature.
    same.set_params(n_jobs=2, sample_rate=8000, pooling=["mean", "std"]).fit_transform(load(paths[:1], duration=1))
    assert len(decoded) == 1


def test_a_clip_that_comes_twice_is_computed_once(paths, load, decoded):
    rows = MFCC(**SMALL).fit_transform(load([paths[0], paths[1], paths[0], paths[0]]))
    assert len(decoded) == 2
    np.testing.assert_array_equal(rows[0], rows[3])


def test_arrays_are_stored_too(load, rng, monkeypatch):
    clips = [rng.standard_normal(3000) for _ in range(3)]
    rows = MFCC(**SMALL).fit_transform(load(clips))
    monkeypatch.setattr("audiofeat.audio.batch.ArraySource.read", lambda *_: pytest.fail("read again"))
    np.testing.assert_array_equal(MFCC(**SMALL).fit_transform(load(clips)), rows)


def test_bad_clips_do_not_spoil_the_others(write_clip, load, decoded, paths):
    bad = write_clip("bad.wav", np.full(3000, np.nan), subtype="FLOAT")
    for _ in range(2):
        with pytest.raises(AudioInputError, match=r"clip 1 .*: 3000 NaN of 3000 samples"):
            MFCC(**SMALL).fit_transform(load([paths[0], bad, paths[1]]))
    assert decoded.count(str(bad)) == 2
    assert len(decoded) == 4


def test_a_store_that_is_removed_is_made_anew(paths, load, decoded, tmp_path):
    batch = load(paths)
    rows = MFCC(**SMALL).fit_transform(batch)
    shutil.rmtree(tmp_path / "store")
    for _ in range(3):
        np.testing.assert_array_equal(MFCC(**SMALL).fit_transform(batch), rows)
    assert len(decoded) == 2 * len(paths)


def test_a_pickled_loader_keeps_its_store(paths, load, decoded, tmp_path):
    loader = AudioLoader(sample_rate=8000, memory=tmp_path / "store").fit(paths)
    MFCC(**SMALL).fit_transform(loader.transform(paths))
    MFCC(**SMALL).fit_transform(pickle.loads(pickle.dumps(loader)).transform(paths))
    assert len(decoded) == len(paths)


def test_two_processes_write_at_once(paths, load, decoded):
    def rows_of(order):
        batch = load(paths)[order]
        return MFCC(n_mels=20, n_fft=256).fit_transform(batch), Chroma(n_jobs=2).fit_transform(batch)

    orders = [list(range(20)), list(range(20))[::-1]] * 3
    results = Parallel(n_jobs=2)(delayed(rows_of)(order) for order in orders)
    expected = MFCC(**SMALL).fit_transform(load(paths)), Chroma().fit_transform(load(paths))
    assert decoded == [], "everything was stored by the other processes"
    for order, rows in zip(orders, results, strict=True):
        for row, value in zip(rows, expected, strict=True):
            np.testing.assert_array_equal(row, value[order])


def test_a_batch_counts_hits_misses_and_decodes(paths, load):
    batch = load(paths)
    assert batch.cache_info() == (0, 0, 0)
    MFCC(**SMALL).fit_transform(batch[:12])
    assert batch.cache_info() == (0, 12, 12)
    bank = FeatureBank([("mfcc", MFCC(**SMALL)), ("chroma", Chroma())], n_jobs=2)
    bank.fit_transform(batch)
    assert batch[3:].cache_info() == (12, 40, 32), "of the bank's 40 features 12 were known, in 12 clips decoded again"
    bank.fit_transform(batch)
    assert batch.cache_info()._asdict() == {"hits": 52, "misses": 40, "decoded": 32}
    assert load(paths).cache_info() == (0, 0, 0)
    assert pickle.loads(pickle.dumps(batch)).cache_info() == (0, 0, 0)
    plain = load(paths, memory=None)
    MFCC(**SMALL).fit_transform(plain)
    assert plain.cache_info() == (0, 20, 20)


def test_copies_far_apart_are_computed_once(paths, load, decoded):
    batch = load(paths[:2] * 100)
    rows = MFCC(n_jobs=2, **SMALL).fit_transform(batch)
    assert len(decoded) == 2
    assert batch.cache_info() == (198, 2, 2)
    assert (rows == np.tile(rows[:2], (100, 1))).all()


@pytest.mark.parametrize("bad_first", [True, False])
def test_all_copies_of_a_bad_clip_are_named(write_clip, load, paths, bad_first):
    bad = write_clip("bad.wav", np.full(3000, np.nan), subtype="FLOAT")
    clips = [bad, paths[0], bad] if bad_first else [paths[0], bad, bad]
    with pytest.raises(AudioInputError) as caught:
        MFCC(**SMALL).fit_transform(load(clips))
    assert [problem.clip for problem in caught.value.problems] == [i for i, clip in enumerate(clips) if clip == bad]


def test_a_file_that_changes_after_loading_is_refused_not_stored(paths, load, decoded):
    batch = load(paths[:2])
    content = paths[0].read_bytes()
    paths[0].write_bytes(paths[3].read_bytes())
    with pytest.raises(AudioInputError, match=r"clip 0 .*: it has changed since it was loaded; load it again"):
        MFCC(**SMALL).fit_transform(batch)
    paths[0].write_bytes(content)
    rows = MFCC(**SMALL).fit_transform(batch)
    np.testing.assert_array_equal(rows, MFCC(**SMALL).fit_transform(load(paths[:2], memory=None)))


def test_a_cache_with_a_limit_bounds_the_store(paths, tmp_path):
    cache = FeatureCache(tmp_path / "limited", max_bytes=200_000)
    loader = AudioLoader(sample_rate=8000, memory=cache)
    extractor = MelSpectrogram(pooling=None, **SMALL)
    rows = [extractor.fit_transform(clone(loader).fit_transform(paths * 2)) for _ in range(2)]
    assert cache.info().n_values > 0
    assert cache.info().n_bytes <= 200_000
    np.testing.assert_array_equal(*rows)
    cache.close()


def a_file(folder):
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("no folder")


def below_a_file(folder):
    folder.parent.write_text("no folder")


def a_damaged_store(folder):
    folder.mkdir(parents=True)
    FeatureCache(folder).file.write_bytes(b"no database" * 1000)


@pytest.mark.parametrize("spoil", [a_file, below_a_file, a_damaged_store])
def test_a_model_predicts_where_its_store_cannot_be(paths, tmp_path, spoil):
    folder = tmp_path / "elsewhere" / "store"
    pipe = Pipeline(
        [
            ("load", AudioLoader(sample_rate=8000, memory=folder)),
            ("bank", FeatureBank([("mfcc", MFCC(**SMALL)), ("chroma", Chroma(n_fft=256))], n_jobs=2)),
        ]
    )
    expected = pipe.fit_transform(paths)
    pipe = pickle.loads(pickle.dumps(pipe))
    FeatureCache(folder).close()
    shutil.rmtree(folder.parent)
    spoil(folder)
    with pytest.warns(
        CacheWarning, match=r"AudioLoader cannot use its memory=.*set_params\(load__memory=None\)"
    ) as caught:
        np.testing.assert_array_equal(pipe.transform(paths), expected)
    assert len(caught) == 1
    with pytest.raises(OSError, match=r"FeatureCache cannot use .*Choose a folder .* or none \(memory=None\)"):
        clone(pipe).fit_transform(paths)
    np.testing.assert_array_equal(pipe.set_params(load__memory=None).transform(paths), expected)


def test_clips_without_their_store_go_to_other_processes(paths, tmp_path):
    a_file(tmp_path / "store")
    loader = AudioLoader(sample_rate=8000, memory=tmp_path / "store").fit(paths)
    batch = pickle.loads(pickle.dumps(loader.transform(paths)))
    with pytest.warns(CacheWarning):
        MFCC(**SMALL).fit_transform(batch)


def test_random_convolutions_predict_where_their_store_cannot_be(tmp_path, rng):
    maps = rng.standard_normal((4, 8, 20))
    step = RandomConvolutions(20, memory=tmp_path / "store", random_state=0)
    expected = step.fit_transform(maps)
    FeatureCache(tmp_path / "store").close()
    shutil.rmtree(tmp_path / "store")
    a_file(tmp_path / "store")
    with pytest.warns(CacheWarning, match=r"RandomConvolutions cannot use .*set_params\(convolutions__memory=None\)"):
        np.testing.assert_array_equal(step.transform(maps), expected)
    with pytest.raises(OSError, match="FeatureCache cannot use"):
        step.fit_transform(maps)
