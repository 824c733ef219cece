"""Guards against flattering scores: what they find, what they name, and when they are silent."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import KFold, LeaveOneGroupOut, PredefinedSplit, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from audiofeat import AudioWarning, compare_features
from audiofeat.compare.baselines import shuffle_labels
from audiofeat.compare.leaks import check_classes, check_groups, check_shuffled, digests

from .conftest import RATE


def compared(small, X, y, **kwargs):
    return compare_features(
        small["features"], small["models"], X, y, loader=small["loader"], **{"cv": 3, "random_state": 0} | kwargs
    )


def written(folder, clips, names):
    for (rate, samples), name in zip(clips, names, strict=True):
        soundfile.write(folder / name, (samples * 2**14).astype(np.int16), rate)
    return [str(folder / name) for name in names]


def guard(comparison, words):
    return next(guard for guard in comparison.guards if words in guard.name)


def test_nothing_to_warn_of(small, tones, tmp_path):
    clips, y = tones
    comparison = compared(small, written(tmp_path, clips, [f"{label}_{i}.wav" for i, label in enumerate(y)]), y)
    assert all(guard.passed for guard in comparison.guards)
    assert comparison.suspected_groups is None
    assert len(comparison.guards) == 5


def test_names_that_suggest_one_recording(small, tones, tmp_path):
    clips, y = tones
    paths = written(tmp_path, clips, [f"rec{i // 3}_seg{i % 3}.wav" for i in range(30)])
    with pytest.warns(
        AudioWarning, match="Names of files suggest that clips of one recording lie on both sides"
    ) as caught:
        comparison = compared(small, paths, y)
    assert len(caught) == 1
    assert re.search(
        r"rec\d_seg\d.wav is trained on and rec\d_seg\d.wav is tested, both 'rec\d'", str(caught[0].message)
    )
    assert caught[0].filename == __file__
    assert not guard(comparison, "one recording").passed
    # what it guesses is what to pass
    np.testing.assert_array_equal(comparison.suspected_groups, [f"rec{i // 3}" for i in range(30)])
    assert all(g.passed for g in compared(small, paths, y, groups=comparison.suspected_groups).guards)
    # and a user who knows better says so
    assert all(g.passed for g in compared(small, paths, y, groups=range(30)).guards)


def test_a_column_that_names_the_source(small, tones, tmp_path):
    clips, y = tones
    frame = pd.DataFrame(
        {"path": written(tmp_path, clips, [f"{i}.wav" for i in range(30)]), "Source": np.arange(30) // 2}
    )
    with pytest.warns(AudioWarning, match="Column 'Source' says that clips of one recording"):
        compared(small, frame, y)
    compared(small, frame, y, groups=frame["Source"])
    frame["Source"] = [None] * 30
    compared(small, frame, y)


def test_windows_of_one_file(small, tones, tmp_path):
    clips, _ = tones
    paths = written(tmp_path, clips, [f"{i}.wav" for i in range(30)])
    y = np.repeat(["high", "low"], 15)
    frame = pd.DataFrame(
        {"path": np.repeat(paths, 2), "start": np.tile([0.0, 0.05], 30), "end": np.tile([0.05, 0.1], 30)}
    )
    with pytest.warns(AudioWarning, match="Several clips of one file say"):
        compared(small, frame, np.repeat(y, 2))
    compared(small, frame, np.repeat(y, 2), groups=frame["path"])


def test_groups_that_a_splitter_does_not_keep(small, tones):
    clips, y = tones
    with pytest.warns(
        AudioWarning, match="10 of the 10 groups have clips on both sides of a split: in fold 0, clip"
    ) as caught:
        comparison = compared(small, clips, y, groups=np.arange(30) % 10, cv=KFold(3, shuffle=True, random_state=1))
    assert len(caught) == 1
    assert guard(comparison, "Groups").clips == tuple(range(30))


def test_the_same_clip_twice(small, tones, tmp_path):
    clips, y = tones
    rate, samples = clips[0]
    names = [f"{i}.wav" for i in range(29)]
    paths = [*written(tmp_path, clips[:29], names), *written(tmp_path, [(rate, samples)], ["again.flac"])]
    again = tmp_path / "copy.wav"
    again.write_bytes((tmp_path / "20.wav").read_bytes())
    # first with last, and 20 with 21, apart in the folds 1 and 0
    paths[21], folds = str(again), np.arange(30) % 2
    y[29] = y[0]
    with pytest.warns(AudioWarning, match="2 clips stand on both sides of a split") as caught:
        comparison = compared(small, paths, y, cv=PredefinedSplit(folds))
    text = str(caught[0].message)
    assert "0.wav = again.flac (after decoding)" in text
    assert "20.wav = copy.wav (byte for byte)" in text
    assert guard(comparison, "No clip").clips == (0, 20, 21, 29)
    # on one side of every split they flatter nothing
    folds[[21, 29]] = folds[[20, 0]]
    comparison = compared(small, paths, y, cv=PredefinedSplit(folds))
    assert guard(comparison, "No clip").text.startswith("2 clips stand several times, on one side")


def test_the_same_clip_under_two_labels(small, tones):
    clips, y = tones
    clips[20] = clips[2]
    groups = np.arange(30)
    groups[20] = 2
    with pytest.warns(AudioWarning, match=r"1 clip stands under several labels: clip 2 \(high\) and clip 20 \(low\)"):
        compared(small, clips, y, groups=groups)


def test_digests_are_kept_in_the_store(small, tones, tmp_path):
    batch = small["loader"].set_params(memory=tmp_path).fit_transform(tones[0])
    first = digests(batch)
    assert len(set(first)) == 30
    before = batch.cache_info().decoded
    assert digests(batch) == first
    assert batch.cache_info().decoded == before == 30
    assert digests(small["loader"].set_params(memory=None).fit_transform(tones[0]), n_jobs=2) == first


def test_a_class_that_a_fold_lacks(small, tones):
    clips, y = tones
    y = y.astype("U9")
    y[:2] = "rare"
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class")
        with pytest.warns(AudioWarning, match=r"rare \(2 clips\) is missing in the test part of fold \d"):
            comparison = compared(small, clips, y, cv=folds)
    assert guard(comparison, "Every class").clips == (0, 1)


def test_a_class_that_nobody_learns():
    y = np.array(["a", "a", "b", "b", "c", "c"])
    splits = [(np.arange(4), np.arange(4, 6)), (np.arange(2, 6), np.arange(2))]
    text = check_classes(y, splits).text
    assert "c (2 clips) is missing in the training part of fold 0 and the test part of fold 1" in text
    assert text.startswith("3 classes have too few")


def test_no_groups_is_no_failure():
    assert check_groups(None, [], []).passed


class Nearest(KNeighborsClassifier):
    """Remembers every clip."""


def test_shuffled_labels_that_are_recognised(small, rng):
    # Twelve recordings of eight clips each, which resemble nothing but each other; labels follow recordings.
    groups = np.repeat(np.arange(12), 8)
    pitches = rng.uniform(300, 3500, 12)[groups]
    times = np.arange(RATE // 20) / RATE
    clips = [(RATE, np.sin(2 * np.pi * pitch * times) + rng.normal(0, 0.01, len(times))) for pitch in pitches]
    y = np.array(["a", "b"])[groups % 2]
    small["models"] = {"nearest": make_pipeline(StandardScaler(), Nearest(1))}
    frame = list(clips)
    with pytest.warns(AudioWarning) as caught:
        comparison = compared(small, frame, y, groups=groups, cv=StratifiedKFold(4, shuffle=True, random_state=0))
    told = [str(warning.message) for warning in caught if warning.category is AudioWarning]
    assert any(
        text.startswith("With shuffled labels, where there is nothing to learn, the accuracy is") for text in told
    )
    assert comparison.table.set_index("model")["mean"]["nearest, shuffled labels"] > 0.9
    # with groups kept together it is chance again
    honest = compared(small, frame, y, groups=groups, cv=4)
    assert guard(honest, "shuffled").passed
    assert honest.table.set_index("model")["mean"]["nearest, shuffled labels"] < 0.75


@pytest.mark.parametrize(
    ("shuffled", "majority", "n_units", "passed"),
    [
        ([0.9, 0.95, 0.9], [0.5, 0.5, 0.5], 100, False),
        # folds that agree by chance
        ([0.06, 0.06], [0.02, 0.02], 100, True),
        # as good, but of few recordings
        ([0.9, 0.95, 0.9], [0.5, 0.5, 0.5], 6, True),
        ([0.7, 0.4, 0.6], [0.5, 0.5, 0.5], 100, True),
        ([0.3, 0.3, 0.3], [0.5, 0.5, 0.5], 100, True),
        ([np.nan] * 3, [0.5] * 3, 100, True),
        # a score of another kind: log loss, negated
        ([-0.1, -0.12, -0.11], [-0.69, -0.69, -0.69], 100, False),
    ],
)
def test_when_shuffled_labels_count_as_recognised(shuffled, majority, n_units, passed):
    assert check_shuffled(np.array(shuffled), np.array(majority), 1 / 2, n_units, "score").passed is passed


def test_shuffled_labels_within_chance_are_told_with_their_score():
    found = check_shuffled(np.array([0.7, 0.4, 0.6]), np.array([0.5, 0.5, 0.5]), 1 / 2, 100, "score")
    assert found.text.startswith(
        "With shuffled labels the score is 0.567, not above 0.500 for the majority class by more"
    )


def test_shuffled_labels_keep_their_shares(rng):
    y = np.repeat(["a", "b", "c"], [30, 20, 10])
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(y, y))
    drawn = shuffle_labels(y, None, folds, rng)
    assert (drawn != y).any()
    for _, test in folds:
        assert sorted(drawn[test]) == sorted(y[test])
    # groups of several labels, and test parts that overlap
    assert sorted(shuffle_labels(y, np.arange(60) % 7, folds, rng)) == sorted(y)
    assert sorted(shuffle_labels(y, None, [folds[0], folds[0]], rng)) == sorted(y)
    # too few groups for every part to keep all classes: clips draw lots instead
    groups = np.repeat([0, 1, 2], [30, 20, 10])
    one_out = list(LeaveOneGroupOut().split(y, y, groups))
    assert sorted(shuffle_labels(y, groups, one_out, rng)) == sorted(y)


def test_a_baseline_that_cannot_be_scored(small, tones):
    clips, y = tones

    def certain(estimator, X, y):
        if isinstance(estimator, DummyClassifier):
            raise TypeError("no guessing")
        return 1.0

    with pytest.warns(AudioWarning, match="The baseline 'majority class' could not be scored: no guessing") as caught:
        comparison = compared(small, clips, y, scoring=certain)
    assert caught[0].filename == __file__
    assert np.isnan(comparison.table.set_index("model").loc["majority class", "mean"])
    assert "majority" not in comparison.summary()
    assert comparison.metric == "certain"


def test_features_that_learn_are_counted_on_all_clips(small, tones):
    small["features"]["none"] = FunctionTransformer(lambda batch: np.array([clip[:3] for clip in batch]))
    table = compared(small, *tones).table
    assert table.set_index("features")["n_features"].to_dict()["none"] == "3"
