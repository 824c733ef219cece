"""The command line as a person uses it."""

import json
import os
import subprocess
import sys

import joblib
import numpy as np
import pytest
import soundfile
from PIL import Image

from audiofeat import datasets
from audiofeat.cli import main


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """A folder per class with a few short calls."""
    folder = tmp_path_factory.mktemp("recordings")
    calls = datasets.make_animal_calls(32, duration=(0.4, 0.8), random_state=0)
    for i, ((rate, samples), label) in enumerate(zip(calls.data, calls.target, strict=True)):
        (folder / label).mkdir(exist_ok=True)
        soundfile.write(folder / label / f"{i:02d}.wav", samples, rate)
    return folder


@pytest.fixture(scope="module")
def results(recordings, tmp_path_factory):
    output = tmp_path_factory.mktemp("output") / "results"
    main(
        [
            "compare",
            str(recordings),
            "-o",
            str(output),
            "--models",
            "svm",
            "--duration",
            "0.8",
            "--folds",
            "3",
            "--jobs",
            "1",
        ]
    )
    return output


def exit_code(caught) -> int | str:
    return caught.value.code


def test_compare_writes_table_pictures_and_model(results):
    import pandas as pd

    table = pd.read_csv(results / "comparison.csv")
    assert set(table["features"].dropna()) == {"mel", "mfcc", "chroma"}
    assert set(table["model"]) == {"svm", "svm, shuffled labels", "majority class"}
    for name in ("clips.png", "confusion.png"):
        with Image.open(results / name) as picture:
            assert min(picture.size) > 300
            assert len(np.unique(np.asarray(picture.convert("L")))) > 20
    model = joblib.load(results / "model.joblib")
    assert list(model.classes_) == ["cat", "dog"]
    assert model["load"].memory is None


def test_compare_says_what_it_did(recordings, tmp_path, capfd):
    main(
        [
            "compare",
            str(recordings),
            "-o",
            str(tmp_path / "r"),
            "--features",
            "mfcc",
            "--models",
            "forest",
            "--folds",
            "2",
        ]
    )
    out, _ = capfd.readouterr()
    assert f"Recordings: {recordings}; 24 to compare on, 8 kept aside for the test" in out
    assert "mean ± std" in out
    assert "Winner by cross-validation: mfcc + forest" in out
    assert "Accuracy on the 8 recordings kept aside: " in out
    assert f"audiofeat predict {tmp_path / 'r' / 'model.joblib'} RECORDING" in out


def test_the_winner_comes_out_the_same_again(recordings, results, tmp_path):
    import pandas as pd

    main(
        [
            "compare",
            str(recordings),
            "-o",
            str(tmp_path),
            "--models",
            "svm",
            "--duration",
            "0.8",
            "--folds",
            "3",
            "--jobs",
            "2",
        ]
    )
    first, second = (
        pd.read_csv(f / "comparison.csv").drop(columns=["fit_time", "predict_time"]) for f in (results, tmp_path)
    )
    pd.testing.assert_frame_equal(first, second)


def test_predict_prints_label_and_probability(recordings, results, capfd):
    files = [str(recordings / "cat" / name) for name in sorted(p.name for p in (recordings / "cat").iterdir())[:2]]
    main(["predict", str(results / "model.joblib"), *files])
    lines = [line.split("\t") for line in capfd.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == files
    assert all(line[1] in ("cat", "dog") and 0.5 <= float(line[2]) <= 1 for line in lines)


def test_predict_reads_a_folder_and_writes_json(recordings, results, capfd):
    main(["predict", "--json", str(results / "model.joblib"), str(recordings)])
    rows = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert len(rows) == 32
    hits = [row["label"] in row["path"] for row in rows]
    assert np.mean(hits) > 0.9


def test_predict_names_every_bad_file_without_traceback(results, tmp_path, capfd):
    (tmp_path / "text.wav").write_text("no audio")
    with pytest.raises(SystemExit) as caught:
        main(["predict", str(results / "model.joblib"), str(tmp_path / "text.wav"), str(tmp_path / "missing.wav")])
    message = exit_code(caught)
    assert "text.wav): not audio" in message
    assert "missing.wav): no such file" in message
    assert "Traceback" not in message


def test_a_bad_recording_is_named_before_the_search(recordings, tmp_path):
    import shutil

    folder = tmp_path / "my recordings"
    shutil.copytree(recordings, folder)
    for name in ("cat", "dog"):
        (folder / name / "zz.wav").write_text("no audio")
    with pytest.raises(SystemExit) as caught:
        main(["compare", str(folder), "-o", str(tmp_path / "out"), "--models", "forest", "--folds", "2"])
    message = exit_code(caught)
    assert message.count("zz.wav): not audio") == 2


def test_too_few_recordings(tmp_path, capfd):
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        for i in range(3):
            soundfile.write(tmp_path / label / f"{i}.wav", np.full(8000, 0.1), 16000)
    with pytest.raises(SystemExit) as caught:
        main(["compare", str(tmp_path), "-o", str(tmp_path / "out"), "--models", "svm"])
    assert exit_code(caught) == 1
    assert "cat (3), dog (3)" in capfd.readouterr().err


def test_the_printed_command_can_be_pasted(recordings, tmp_path, capfd):
    import shlex

    output = tmp_path / "my results"
    main(["compare", str(recordings), "-o", str(output), "--features", "mfcc", "--models", "forest", "--folds", "2"])
    line = capfd.readouterr().out.splitlines()[-1]
    assert shlex.split(line)[1:] == ["predict", str(output / "model.joblib"), "RECORDING"]


@pytest.mark.parametrize("content", [b"# Read me", b""])
def test_predict_refuses_what_is_no_model(tmp_path, content, capfd):
    (tmp_path / "README.md").write_bytes(content)
    joblib.dump({"a": 1}, tmp_path / "dict.joblib")
    for name, says in (
        ("README.md", "is no model that joblib can load"),
        ("dict.joblib", "holds a dict; expected a fitted pipeline"),
    ):
        with pytest.raises(SystemExit) as caught:
            main(["predict", str(tmp_path / name), "x.wav"])
        assert exit_code(caught) == 1
        assert says in capfd.readouterr().err


def test_a_missing_backend_is_missed_before_the_search(recordings, tmp_path):
    # In a process of its own: here Keras may be imported already.
    code = "from audiofeat.cli import main; main()"
    arguments = ["compare", str(recordings), "-o", str(tmp_path), "--models", "svm,cnn", "--folds", "2"]
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        pytest.skip("JAX is installed here")
    assert "KERAS_BACKEND='jax' asks for and which is not installed" in done.stderr
    assert "+ svm" not in done.stderr


def test_debug_shows_the_traceback(results, tmp_path):
    with pytest.raises(ValueError, match="no such file"):
        main(["--debug", "predict", str(results / "model.joblib"), str(tmp_path / "missing.wav")])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["compare", "no/such/folder"], "does not exist"),
        (["compare", "--features", "mfcc,loudness"], "got 'mfcc,loudness'; expected names out of mel, mfcc, chroma"),
        (["predict"], "Missing argument"),
        (["dance"], "No such command 'dance'"),
    ],
)
def test_wrong_use_exits_with_2(arguments, says, capfd):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert exit_code(caught) == 2
    assert says in capfd.readouterr().err


def test_help_shows_an_example(capfd):
    for command in ("compare", "predict"):
        main([command, "--help"])
        assert f"audiofeat {command} re" in capfd.readouterr().out
