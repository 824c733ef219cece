"""The transformers as scikit-learn's own: cloned, searched, combined, calibrated, shown and pickled with its tools."""

import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate, train_test_split
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from audiofeat import MFCC, AudioLoader, Chroma, Delta, Energy, FeatureBank, MelSpectrogram, Spectrogram, StatsPooling

RATE = 8000
# Low calls and high calls in noise, three clips cut from each recording.
N_CLIPS = 24


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """Paths, labels and the recording each clip is from."""

    folder = tmp_path_factory.mktemp("calls")
    rng = np.random.default_rng(0)
    paths, labels = [], []
    for i in range(N_CLIPS):
        label = ("low", "high")[i % 2]
        seconds = np.arange(rng.integers(2000, 4000)) / RATE
        pitch = {"low": 400, "high": 1500}[label] * rng.uniform(0.8, 1.25)
        clip = 0.3 * np.sin(2 * np.pi * pitch * seconds) + 0.2 * rng.standard_normal(len(seconds))
        paths.append(str(folder / f"{i:02}.wav"))
        soundfile.write(paths[-1], clip, RATE)
        labels.append(label)
    return paths, np.array(labels), np.arange(N_CLIPS) // 2 % 8


def pipeline(**loader):
    return Pipeline(
        [
            ("load", AudioLoader(sample_rate=RATE, **loader)),
            ("features", MFCC(n_mfcc=8, n_mels=20, n_fft=512)),
            ("model", make_pipeline(StandardScaler(), LogisticRegression())),
        ]
    )


EVERY = [
    AudioLoader(sample_rate=None, duration=2.0, offset=0.5, pad_mode="wrap", memory="store"),
    Spectrogram(power=1.0, n_fft=512),
    MelSpectrogram(n_mels=13, pooling=None),
    MFCC(n_mfcc=7, window=("kaiser", 8.0)),
    Chroma(chroma_norm=None, pooling=["mean"]),
    FeatureBank([("mfcc", MFCC(n_mfcc=7)), ("chroma", "drop")], n_jobs=2, transformer_weights={"mfcc": 2.0}),
    StatsPooling(["max", "min"]),
    Delta(order=2, width=5),
]


@pytest.mark.parametrize("estimator", EVERY, ids=lambda e: type(e).__name__)
def test_clone_and_pickle_keep_the_parameters(estimator):
    for copy in (clone(estimator), pickle.loads(pickle.dumps(estimator))):
        assert repr(copy) == repr(estimator)
        shallow = {k: v for k, v in copy.get_params(deep=False).items() if k != "transformer_list"}
        assert shallow == {k: v for k, v in estimator.get_params(deep=False).items() if k != "transformer_list"}


@pytest.mark.parametrize("estimator", EVERY, ids=lambda e: type(e).__name__)
def test_parameters_round_trip(estimator):
    parameters = estimator.get_params(deep=False)
    fresh = type(estimator)([]) if isinstance(estimator, FeatureBank) else type(estimator)()
    assert fresh.set_params(**parameters).get_params(deep=False) == parameters
    with pytest.raises(ValueError, match="Invalid parameter 'n_nothing'"):
        fresh.set_params(n_nothing=1)


@pytest.mark.parametrize("estimator", EVERY, ids=lambda e: type(e).__name__)
def test_html(estimator):
    html = estimator_html_repr(estimator)
    assert type(estimator).__name__ in html
    assert "<style>" in html


def test_html_of_a_pipeline(calls):
    pipe = pipeline()
    for state in (pipe, pipe.fit(*calls[:2])):
        html = estimator_html_repr(state)
        assert all(name in html for name in ("AudioLoader", "MFCC", "LogisticRegression"))


def test_a_pipeline_learns(calls):
    paths, labels, _ = calls
    half = N_CLIPS // 2
    assert pipeline().fit(paths[:half], labels[:half]).score(paths[half:], labels[half:]) >= 0.9


def test_paths_may_be_split_like_any_data(calls):
    paths, labels, _ = calls
    for X in (
        paths,
        np.array(paths),
        pd.Series(paths),
        pd.DataFrame({"path": paths}),
        AudioLoader(RATE).fit_transform(paths),
    ):
        train, test, y_train, y_test = train_test_split(X, labels, random_state=0, stratify=labels)
        assert len(train) == 18
        assert pipeline().fit(train, y_train).predict(test).shape == y_test.shape


def test_nested_keys_of_a_grid(calls):
    paths, labels, _ = calls
    grid = {"features__n_mfcc": [2, 8], "features__n_fft": [256, 512], "load__duration": [None, 0.3]}
    search = GridSearchCV(pipeline(), grid, cv=2).fit(paths, labels)
    assert len(search.cv_results_["params"]) == 8
    best = search.best_estimator_
    assert best["features"].n_fft == search.best_params_["features__n_fft"]
    assert len(best[:-1].transform(paths[:1])[0]) == 2 * search.best_params_["features__n_mfcc"]


def test_whole_steps_as_values_and_two_processes(calls, tmp_path):
    paths, labels, groups = calls
    bank = FeatureBank([("mfcc", MFCC(n_mfcc=4, n_mels=20)), ("chroma", Chroma())])
    grid = [
        {
            "features": [MFCC(n_mels=20), Chroma(n_fft=1024), bank],
            "model": [
                make_pipeline(StandardScaler(), LogisticRegression()),
                RandomForestClassifier(10, random_state=0),
            ],
        },
        {"features": [clone(bank)], "features__chroma": ["drop"], "features__mfcc__n_mfcc": [3, 5]},
    ]
    scores = {}
    for n_jobs, memory in ((1, None), (2, None), (2, tmp_path / "store"), (1, tmp_path / "store")):
        search = GridSearchCV(pipeline(memory=memory), grid, cv=GroupKFold(3), n_jobs=n_jobs, error_score="raise")
        search.fit(paths, labels, groups=groups)
        scores[n_jobs, memory is None] = [search.cv_results_[f"split{i}_test_score"].tolist() for i in range(3)]
    assert len(scores[1, True][0]) == 8
    assert max(map(max, scores[1, True])) > 0.8
    assert all(found == scores[1, True] for found in scores.values())


def test_a_search_with_a_store_decodes_each_clip_once_per_feature(calls, tmp_path, decoded):
    paths, labels, _ = calls
    grid = [{"features": [MFCC(n_mels=20), Chroma()], "model__logisticregression__C": [0.1, 1.0, 10.0]}]
    for _ in range(2):
        GridSearchCV(pipeline(memory=tmp_path / "store"), grid, cv=3).fit(paths, labels)
        assert len(decoded) == 2 * N_CLIPS


def test_cross_validation_with_groups(calls):
    paths, labels, groups = calls
    result = cross_validate(
        pipeline(), paths, labels, groups=groups, cv=GroupKFold(4), return_indices=True, return_train_score=True
    )
    assert len(result["test_score"]) == 4
    assert result["test_score"].mean() > 0.8
    for train, test in zip(result["indices"]["train"], result["indices"]["test"], strict=True):
        assert not set(groups[train]) & set(groups[test])


def test_a_bad_clip_fails_its_fold_by_name(calls, tmp_path):
    paths, labels, _ = calls
    paths = [*paths[:-1], str(tmp_path / "missing.wav")]
    with pytest.raises(ValueError, match=r"missing\.wav\): no such file"):
        cross_validate(pipeline(), paths, labels, cv=2, error_score="raise")


@pytest.mark.parametrize(
    "features",
    [
        MFCC(n_mels=20),
        FeatureBank([("mfcc", MFCC(n_mels=20)), ("chroma", Chroma())]),
        FeatureUnion([("mfcc", MFCC(n_mels=20)), ("chroma", Chroma())], verbose_feature_names_out=False),
        make_pipeline(MFCC(n_mels=20), SelectKBest(k=5)),
    ],
    ids=lambda f: type(f).__name__,
)
def test_pooled_features_as_a_data_frame(calls, features):
    paths, labels, _ = calls
    pipe = make_pipeline(AudioLoader(RATE), clone(features)).set_output(transform="pandas")
    frame = pipe.fit_transform(paths, labels)
    assert isinstance(frame, pd.DataFrame)
    names = pipe.get_feature_names_out()
    assert list(frame.columns) == list(names)
    assert len(set(names)) == len(names)
    assert not any("__" in name for name in names)
    plain = make_pipeline(AudioLoader(RATE), clone(features)).fit_transform(paths, labels)
    np.testing.assert_array_equal(frame.to_numpy(), plain)
    series = pipe.transform(pd.Series(paths, index=range(100, 100 + N_CLIPS)))
    assert len(series) == N_CLIPS


def test_framewise_features_stay_arrays(calls):
    paths, _, _ = calls
    steps = [AudioLoader(RATE, duration=0.3), MFCC(n_mels=20, pooling=None), Delta(), StatsPooling()]
    pipe = make_pipeline(*steps[:3]).set_output(transform="pandas")
    assert pipe.fit_transform(paths).shape == (N_CLIPS, 40, 5)
    bank = FeatureBank([("a", MFCC(pooling=None)), ("b", Chroma(pooling=None))])
    pipe = make_pipeline(steps[0], bank).set_output(transform="pandas")
    assert pipe.fit_transform(paths).shape == (N_CLIPS, 32, 5)
    frame = make_pipeline(*steps).set_output(transform="pandas").fit_transform(paths)
    assert isinstance(frame, pd.DataFrame)
    assert frame.shape == (N_CLIPS, 80)


def test_names_reach_the_model(calls):
    paths, labels, _ = calls
    pipe = make_pipeline(AudioLoader(RATE), MFCC(n_mels=20), RandomForestClassifier(10, random_state=0))
    pipe.set_output(transform="pandas").fit(paths, labels)
    assert list(pipe[-1].feature_names_in_) == list(pipe[:-1].get_feature_names_out())


def test_output_can_be_configured_for_all(calls):
    from sklearn import config_context

    paths, _, _ = calls
    with config_context(transform_output="pandas"):
        assert isinstance(make_pipeline(AudioLoader(RATE), MFCC()).fit_transform(paths), pd.DataFrame)
        framewise = make_pipeline(AudioLoader(RATE, duration=0.3), MFCC(pooling=None))
        assert framewise.fit_transform(paths).ndim == 3


def test_feature_union(calls):
    paths, labels, _ = calls
    union = FeatureUnion([("mfcc", MFCC(n_mels=20)), ("chroma", Chroma())], n_jobs=2)
    bank = FeatureBank([("mfcc", MFCC(n_mels=20)), ("chroma", Chroma())])
    rows = make_pipeline(AudioLoader(RATE), union).fit_transform(paths)
    np.testing.assert_array_equal(rows, make_pipeline(AudioLoader(RATE), bank).fit_transform(paths))
    whole = FeatureUnion(
        [("a", make_pipeline(AudioLoader(RATE), MFCC())), ("b", make_pipeline(AudioLoader(RATE), Chroma()))]
    )
    assert make_pipeline(whole, LogisticRegression(max_iter=1000)).fit(paths, labels).score(paths, labels) > 0.8


@pytest.mark.parametrize("column", ["path", ["path"], ["path", "start", "end"]], ids=str)
@pytest.mark.parametrize("output", ["default", "pandas"])
def test_a_column_of_paths(calls, column, output):
    paths, labels, _ = calls
    table = pd.DataFrame({"path": paths, "start": 0.05, "end": 0.2, "weight": np.linspace(1, 2, N_CLIPS)})
    columns = ColumnTransformer(
        [("audio", make_pipeline(AudioLoader(RATE), MFCC(n_mels=20)), column), ("weight", "passthrough", ["weight"])]
    ).set_output(transform=output)
    rows = columns.fit_transform(table)
    assert rows.shape == (N_CLIPS, 41)
    clips = table[column] if len(column) == 3 else paths
    expected = make_pipeline(AudioLoader(RATE), MFCC(n_mels=20)).fit_transform(clips)
    np.testing.assert_allclose(np.asarray(rows)[:, :40], expected, rtol=1e-6)
    names = columns.get_feature_names_out()
    assert names[[0, 40]].tolist() == ["audio__mfcc_00_mean", "weight__weight"]
    assert make_pipeline(columns, StandardScaler(), LogisticRegression()).fit(table, labels).score(table, labels) > 0.8


def test_calibration(calls):
    paths, labels, _ = calls
    for X in (paths, np.array(paths)):
        calibrated = CalibratedClassifierCV(pipeline(), cv=3).fit(X, labels)
        probabilities = calibrated.predict_proba(X)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
        assert calibrated.score(X, labels) > 0.8


def test_a_pickled_pipeline_predicts_the_same_in_a_fresh_process(calls, tmp_path):
    paths, labels, _ = calls
    pipe = pipeline(duration=0.4, pad_mode="wrap").set_params(
        features=FeatureBank([("mfcc", MFCC(n_mels=20)), ("chroma", Chroma(tuning=0.1))])
    )
    pipe.fit(paths, labels)
    joblib.dump(pipe, tmp_path / "model.joblib")
    code = (
        "import joblib, numpy as np, sys\n"
        "pipe = joblib.load(sys.argv[1])\n"
        "np.save(sys.argv[2], pipe.predict_proba(sys.argv[3:]))\n"
        "assert not {'keras', 'librosa', 'numba', 'matplotlib'} & set(sys.modules)\n"
    )
    argv = [sys.executable, "-W", "error", "-c", code, tmp_path / "model.joblib", tmp_path / "found.npy", *paths]
    run = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "found.npy"), pipe.predict_proba(paths))


def test_cats_and_dogs(data_folder):
    folder = data_folder / "cats_dogs" / "wav"
    paths = [str(folder / f"{name}_{i}.wav") for i in range(1, 13) for name in ("cat", "dog_barking")]
    labels = ["cat", "dog"] * 12
    pipe = pipeline(duration=2.0).set_params(load__sample_rate=16000)
    grid = {"features": [MFCC(), FeatureBank([("mel", MelSpectrogram(n_mels=40)), ("chroma", Chroma())])]}
    search = GridSearchCV(pipe, grid, cv=3).fit(paths, labels)
    assert search.best_score_ > 0.7
    frame = search.best_estimator_[:-1].set_output(transform="pandas").transform(paths)
    assert len(frame) == 24


def test_data_frames_keep_the_index_of_the_clips(rng, tmp_path):
    frame = pd.DataFrame({"path": [str(tmp_path / f"{i}.wav") for i in range(6)], "weight": range(6)})
    for i, path in enumerate(frame["path"]):
        soundfile.write(path, (i + 1) / 10 * rng.standard_normal(4000), 16000)
    shuffled = frame.sample(frac=1, random_state=3)
    audio = make_pipeline(AudioLoader(16000), Energy(["rms"], pooling="mean", n_fft=512))
    columns = ColumnTransformer([("audio", audio, ["path"]), ("rest", "passthrough", ["weight"])])
    out = columns.set_output(transform="pandas").fit_transform(shuffled)
    assert out.index.tolist() == shuffled.index.tolist()
    # Loudness grows with the weight: rows are paired only if each stayed with its own.
    assert out["audio__rms_mean"].corr(out["rest__weight"]) > 0.99
    batch = AudioLoader(16000).fit_transform(shuffled)[[4, 1]]
    bank = FeatureBank([("energy", Energy(n_fft=512))]).set_output(transform="pandas")
    assert bank.fit_transform(batch).index.tolist() == [shuffled.index[4], shuffled.index[1]]
