"""OnnxEmbedding: any waveform model as an extractor, whatever form its input and output have."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from audiofeat import MFCC, AudioInputError, AudioLoader, FeatureBank, MissingExtraError, OnnxEmbedding
from audiofeat.transformers import _onnx

onnx = pytest.importorskip("onnx", reason="onnx is not installed: no model to make")
parser = pytest.importorskip("onnx.parser", reason="onnx is not installed: no model to make")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: no model to run")

RATE = 8000
# The first sample of a window, and the sum of all.
FIRST_AND_SUM = """
    first = Slice (audio, zero, one, one)
    sum = ReduceSum (audio, one)
    out = Concat <axis=1> (first, sum)
"""
TO_ROW = FIRST_AND_SUM.replace("out", "row")
CONSTANTS = "int64[1] zero = {0}, int64[1] one = {1}"


def model(inputs="float[n, s] audio", outputs="float[n, 2] out", body=FIRST_AND_SUM, constants=CONSTANTS):
    text = f'<ir_version: 8, opset_import: ["": 17]> toy ({inputs}) => ({outputs}) <{constants}> {{ {body} }}'
    return parser.parse_model(text).SerializeToString()


TOY = model()
# Samples in pairs, (n, s / 2, 2), as a model with frames of its own gives them.
IN_PAIRS = model(
    outputs="float[n, f, 2] out",
    body="""
        whole = Shape (audio)
        n = Slice (whole, zero, one)
        shape = Concat <axis=0> (n, rest)
        out = Reshape (audio, shape)
    """,
    constants=CONSTANTS + ", int64[2] rest = {-1, 2}",
)
# The first sample twice.
TWICE = model(body="first = Slice (audio, zero, one, one) out = Concat <axis=1> (first, first)")
COUNTING = np.arange(1.0, 10.0, dtype=np.float32)


def embed(content=TOY, clip=COUNTING, **options):
    options = {"sample_rate": RATE, "pooling": None, **options}
    return OnnxEmbedding(content, **options).fit_transform([clip])[0]


def test_windows_stand_a_hop_apart_and_the_last_ends_with_the_clip():
    frames = embed(window=4, hop=3)
    np.testing.assert_array_equal(frames, [[1, 4, 6], [10, 22, 30]])
    np.testing.assert_array_equal(embed(window=3), [[1, 4, 7], [6, 15, 24]])
    np.testing.assert_array_equal(embed(window=9, hop=1), [[1], [45]])


def test_without_a_window_the_model_hears_the_whole_clip():
    clips = [COUNTING, COUNTING[:4]]
    values = OnnxEmbedding(TOY, sample_rate=RATE, pooling="mean").fit_transform(clips)
    np.testing.assert_array_equal(values, [[1, 45], [1, 10]])


def test_silence_follows_a_clip_shorter_than_a_window():
    np.testing.assert_array_equal(embed(window=100), [[1], [45]])
    np.testing.assert_array_equal(embed(model("float[n, 12] audio")), [[1], [45]])


def test_many_windows_go_through_in_parts(monkeypatch, rng):
    clip = rng.standard_normal(5000).astype(np.float32)
    at_once = embed(clip=clip, window=100, hop=7)
    monkeypatch.setattr("audiofeat.transformers.embedding._SAMPLES_AT_ONCE", 1000)
    np.testing.assert_array_equal(embed(clip=clip, window=100, hop=7), at_once)


@pytest.mark.parametrize(
    "content",
    [
        TOY,
        model("float[1, s] audio"),
        model("float[n, 3] audio"),
        model("float[1, 3] audio"),
        model("float[n, 1, s] x", body=f"audio = Squeeze (x, one) {FIRST_AND_SUM}"),
        model("float[s] x", body=f"audio = Unsqueeze (x, zero) {FIRST_AND_SUM}"),
        model("float[s] x", "float[2] out", f"audio = Unsqueeze (x, zero) {TO_ROW} out = Squeeze (row, zero)"),
        model("double[n, s] audio", "double[n, 2] out"),
        model("float16[n, s] audio", "float16[n, 2] out"),
        model(outputs="float[n, 1, 2] out", body=f"{TO_ROW} out = Unsqueeze (row, one)"),
    ],
    ids=["(n, s)", "(1, s)", "(n, 3)", "(1, 3)", "(n, 1, s)", "(s)", "(s) to (d)", "double", "half", "frames"],
)
def test_all_forms_of_input_and_output_give_the_same(content):
    np.testing.assert_array_equal(embed(content, window=3), [[1, 4, 7], [6, 15, 24]])


def test_frames_of_all_windows_follow_in_time():
    np.testing.assert_array_equal(embed(IN_PAIRS, COUNTING[:8], window=4), [[1, 3, 5, 7], [2, 4, 6, 8]])


def test_columns_are_named_by_value_and_statistic():
    embedding = OnnxEmbedding(TOY, sample_rate=RATE, window=2, pooling=["max", "mean"], n_segments=2)
    rows = embedding.fit_transform([COUNTING[:8]])
    names = list(embedding.get_feature_names_out())
    assert names[:3] == ["onnx_0_max_segment_0", "onnx_1_max_segment_0", "onnx_0_mean_segment_0"]
    assert dict(zip(names, rows[0], strict=True))["onnx_0_max_segment_1"] == 7
    assert embedding.set_output(transform="pandas").transform([COUNTING]).columns.tolist() == names


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("pooling", [None, ("mean", "std", "percentile_90")])
def test_a_clip_stands_alone(rng, dtype, pooling):
    clips = [rng.standard_normal(1000).astype(dtype) for _ in range(40)]
    embedding = OnnxEmbedding(IN_PAIRS, sample_rate=RATE, window=100, hop=30, pooling=pooling, n_jobs=3).fit(clips)
    together = embedding.transform(clips)
    assert together.dtype == dtype
    for i in (0, 17, 39):
        np.testing.assert_array_equal(embedding.transform([clips[i]])[0], together[i])


@pytest.mark.parametrize("pad_mode", ["constant", "wrap"])
def test_padding_of_the_loader_enters_maps_only(rng, pad_mode):
    clips = [(RATE, rng.standard_normal(n).astype(np.float32)) for n in (50, 300, 1000)]
    bare, padded = AudioLoader(RATE), AudioLoader(RATE, duration=0.25, pad_mode=pad_mode)
    embedding = OnnxEmbedding(TOY, sample_rate=RATE, window=100)
    np.testing.assert_array_equal(
        embedding.fit_transform(bare.fit_transform(clips)), embedding.fit_transform(padded.fit_transform(clips))
    )
    maps = embedding.set_params(pooling=None).fit_transform(padded.fit_transform(clips))
    assert maps.shape == (3, 2, 20)


def test_beside_other_features(rng):
    clips = [rng.standard_normal(n).astype(np.float32) for n in (2000, 3000)]
    mfcc, embedding = MFCC(n_fft=256, n_mels=20, n_mfcc=5, sample_rate=RATE), OnnxEmbedding(TOY, sample_rate=RATE)
    alone = np.concatenate([clone(member).fit_transform(clips) for member in (mfcc, embedding)], axis=1)
    for union in (FeatureBank, FeatureUnion):
        both = union([("mfcc", clone(mfcc)), ("onnx", clone(embedding))]).fit(clips)
        np.testing.assert_array_equal(both.transform(clips), alone)
        assert both.get_feature_names_out()[-1].endswith("onnx_1_std")


def test_the_store_knows_models_by_their_content(rng, tmp_path):
    clips = [(RATE, rng.standard_normal(900).astype(np.float32)) for _ in range(3)]
    path, copy, other = (tmp_path / f"{name}.onnx" for name in ("model", "copy", "other"))
    path.write_bytes(TOY)
    copy.write_bytes(TOY)
    other.write_bytes(TWICE)

    def rows(content, **options):
        batch = AudioLoader(RATE, memory=tmp_path / "store").fit_transform(clips)
        values = OnnxEmbedding(content, sample_rate=RATE, **options).fit_transform(batch)
        return values, batch.cache_info()

    first, info = rows(path)
    assert (info.hits, info.misses) == (0, 3)
    for same in (str(copy), TOY, path):
        again, info = rows(same)
        assert (info.hits, info.misses, info.decoded) == (3, 0, 0)
        np.testing.assert_array_equal(again, first)
    assert rows(path, window=np.int64(900))[1].misses == 3
    assert rows(path, window=900, hop=300)[1].misses == 3
    assert rows(path, window=900, pooling="max")[1].misses == 3
    values, info = rows(other)
    assert (info.hits, info.misses) == (0, 3)
    assert not np.array_equal(values, first)


def test_a_fitted_embedding_needs_its_file_no_more(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(TOY)
    embedding = OnnxEmbedding(path, sample_rate=RATE).fit([COUNTING])
    rows = embedding.transform([COUNTING])
    path.write_bytes(TWICE)
    np.testing.assert_array_equal(embedding.transform([COUNTING]), rows)
    again = clone(embedding).fit([COUNTING])
    assert again.digest_ != embedding.digest_
    assert not np.array_equal(again.transform([COUNTING]), rows)
    path.unlink()
    (tmp_path / "embedding.pickle").write_bytes(pickle.dumps(embedding))
    program = (
        "import pickle, sys, numpy as np\n"
        "embedding = pickle.load(open(sys.argv[1], 'rb'))\n"
        "print(embedding.transform([np.arange(1.0, 10.0, dtype=np.float32)]).tolist())"
    )
    run = [sys.executable, "-c", program, tmp_path / "embedding.pickle"]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip() == str(rows.tolist())
    with pytest.raises(FileNotFoundError, match=r"OnnxEmbedding got model='.*model.onnx', which is no file"):
        clone(embedding).fit([COUNTING])
    assert len(pickle.dumps(OnnxEmbedding(path, sample_rate=RATE))) < 1000


def test_one_session_serves_all_embeddings_of_a_model():
    first = OnnxEmbedding(TOY, sample_rate=RATE).fit([COUNTING])
    made = _onnx.session_of.cache_info().misses
    pickle.loads(pickle.dumps(first)).transform([COUNTING])
    clone(first).set_params(window=3).fit([COUNTING])
    assert _onnx.session_of.cache_info().misses == made


def test_in_a_search_with_two_workers(write_clip, tmp_path):
    rng = np.random.default_rng(0)
    paths = [str(write_clip(f"{i}.wav", 0.1 * (1 + 3 * (i % 2)) * rng.standard_normal(4000))) for i in range(12)]
    path = tmp_path / "model.onnx"
    path.write_bytes(IN_PAIRS)
    pipeline = Pipeline(
        [
            ("load", AudioLoader(RATE, memory=tmp_path / "store")),
            ("features", OnnxEmbedding(path, sample_rate=RATE)),
            ("model", make_pipeline(LogisticRegression(C=100.0))),
        ]
    )
    grid = {"features__window": [200, 1000], "features__pooling": ["std", ("mean", "std")]}
    search = GridSearchCV(pipeline, grid, cv=3, n_jobs=2).fit(paths, np.arange(12) % 2)
    assert search.best_score_ == 1.0
    assert pickle.loads(pickle.dumps(search.best_estimator_)).predict(paths).tolist() == [0, 1] * 6


def test_clips_that_the_model_fails_on_are_named():
    needs_three = model(
        outputs="float[n, d] out",
        body="out = Slice (audio, two, three, one)",
        constants=CONSTANTS + ", int64[1] two = {2}, int64[1] three = {3}",
    )
    root = model(body=FIRST_AND_SUM.replace("out", "row") + "out = Sqrt (row)")
    embedding = OnnxEmbedding(root, sample_rate=RATE).fit([COUNTING])
    with pytest.raises(
        AudioInputError, match=r"(?s)2 of 3 clips.*clip 0: the model gives NaN.*clip 2: the model gives NaN"
    ):
        embedding.transform([-COUNTING, COUNTING, -COUNTING])
    embedding = OnnxEmbedding(needs_three, sample_rate=RATE, pooling="mean").fit([COUNTING])
    with pytest.raises(AudioInputError, match=r"(?s)1 of 2 clips.*clip 1: the model gives \(1, 0\)"):
        embedding.transform([COUNTING, COUNTING[:2]])


SPECTROGRAM = model("float[n, f, 40] x", body="audio = Squeeze (x, one)" + FIRST_AND_SUM)
TWO_INPUTS = model("float[n, s] audio, float[1] gain", body=TO_ROW + "out = Mul (row, gain)")
TWO_OUTPUTS = model(outputs="float[n, 2] out, float[n, 1] first")


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (SPECTROGRAM, {}, r"takes tensor\(float\) of shape \(n, f, 40\); expected floating-point samples"),
        (model("int64[n, s] audio", "int64[n, 2] out"), {}, r"takes tensor\(int64\) of shape \(n, s\); expected float"),
        (model("float[8, s] audio"), {}, r"takes 8 clips at once, \(8, s\); .* dynamic first axis"),
        (TWO_INPUTS, {}, "with the inputs audio, gain; expected one"),
        (TWO_OUTPUTS, {}, r"with the outputs 'out', 'first'. Choose one with output=..."),
        (TWO_OUTPUTS, {"output": "last"}, "got output='last'; its model has 'out', 'first'"),
        (model("float[n, 12] audio"), {"window": 9}, "got window=9, but its model takes 12 samples at once"),
        (TOY, {"hop": 9}, "got hop=9 without a window"),
        (b"no model", {}, "got a model that onnxruntime cannot load"),
        (b"", {}, "got a model that onnxruntime cannot load"),
        (
            model(outputs="float[2, n] out", body=TO_ROW + "out = Transpose (row)"),
            {},
            r"silence: the model gives \(2, 1\)",
        ),
        (TOY, {"sample_rate": None}, "'sample_rate' parameter of OnnxEmbedding must be an int"),
        (TOY, {"window": 0}, "'window' parameter of OnnxEmbedding"),
        (TOY, {"pooling": "average"}, "OnnxEmbedding got pooling='average'"),
        (42, {}, "'model' parameter of OnnxEmbedding must be"),
    ],
)
def test_what_cannot_work_is_refused_in_fit(content, options, message):
    with pytest.raises(ValueError, match=message):
        OnnxEmbedding(content, **{"sample_rate": RATE, **options}).fit([COUNTING])


def test_one_of_several_outputs():
    np.testing.assert_array_equal(embed(TWO_OUTPUTS, output="first", window=3), [[1, 4, 7]])


def test_clips_at_another_rate_are_refused():
    batch = AudioLoader(16000).fit_transform([(RATE, COUNTING)])
    message = r"clips at 16000 Hz, .* 8000 Hz. Use AudioLoader\(sample_rate=8000\)"
    with pytest.raises(ValueError, match=message) as caught:
        OnnxEmbedding(TOY, sample_rate=RATE).fit(batch)
    # Which it would not take.
    assert "None" not in str(caught.value)
    with pytest.raises(ValueError, match=message):
        OnnxEmbedding(TOY, sample_rate=RATE).fit([COUNTING]).transform(batch)


def test_weights_in_a_second_file_are_refused(tmp_path):
    helper = onnx.helper
    node = helper.make_node("MatMul", ["audio", "w"], ["out"])
    ends = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", 64]) for name in ("audio", "out")]
    weights = onnx.numpy_helper.from_array(np.eye(64, dtype=np.float32), "w")
    graph = helper.make_graph([node], "toy", ends[:1], ends[1:], [weights])
    two_files = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "model.onnx"
    onnx.save(two_files, path, save_as_external_data=True, location="model.onnx.data", size_threshold=0)
    with pytest.raises(ValueError, match=r"model.onnx: it keeps its weights in another file, .*external_data=False"):
        OnnxEmbedding(path, sample_rate=RATE).fit([COUNTING])


def test_without_onnxruntime_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    _onnx.session_of.cache_clear()
    embedding = OnnxEmbedding(TOY, sample_rate=RATE)
    with pytest.raises(MissingExtraError, match=r"OnnxEmbedding needs onnxruntime.*'\.\[onnx\]'"):
        embedding.fit([COUNTING])


LEVEL_AND_SUM = parser.parse_model(
    """<ir_version: 8, opset_import: ["": 17]> toy (float[n, s] audio) => (float[n, 2] out) <int64[1] one = {1}> {
        level = ReduceL2 <axes=[1]> (audio)
        sum = ReduceSum (audio, one)
        out = Concat <axis=1> (level, sum)
    }"""
).SerializeToString()


@parametrize_with_checks(
    [
        OnnxEmbedding(LEVEL_AND_SUM, sample_rate=16000),
        OnnxEmbedding(LEVEL_AND_SUM, sample_rate=16000, window=2, hop=1, pooling=None),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
