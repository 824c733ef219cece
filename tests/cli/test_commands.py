"""The command line as a person uses it."""

import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

from audiofeat import __version__, datasets
from audiofeat.cli import main
from audiofeat.compare.statistics import holm
from audiofeat.dsp import lanes


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
    output = tmp_path / "my results"
    options = ["--features", "mfcc", "--models", "forest", "--folds", "2", "--jobs", "1"]
    main(["compare", str(recordings), "-o", str(output), *options])
    out, _ = capfd.readouterr()
    assert f"Recordings: {recordings}; 24 to compare on, 8 kept aside for the test" in out
    assert "mean ± std" in out
    words = " ".join(out.split())
    assert "The best of 1 candidates is mfcc + forest" in words
    assert "On 8 recordings kept aside the winner has an accuracy of" in words
    # The last line can be pasted.
    assert shlex.split(out.splitlines()[-1])[1:] == ["predict", str(output / "model.joblib"), "RECORDING"]


def test_the_winner_comes_out_the_same_again(recordings, results, tmp_path):

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


def test_what_the_test_leaves_is_too_little_for_the_folds(recordings, tmp_path, capfd):
    # A quarter of twelve is three: one of one class, two of the other.
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        for path in sorted((recordings / label).iterdir())[:6]:
            shutil.copy(path, tmp_path / label)
    with pytest.raises(SystemExit) as caught:
        main(["compare", str(tmp_path), "-o", str(tmp_path / "out"), "--features", "mfcc", "--models", "forest"])
    assert exit_code(caught) == 1
    error = " ".join(capfd.readouterr().err.split())
    assert re.search(
        r"fewer recordings than 5 folds need beside a test: (cat|dog) \(6, of which 2 for the test\)", error
    )
    assert "pass a smaller --folds, or --test-size 0" in error
    assert not (tmp_path / "out").exists()


def test_few_recordings_are_enough_for_a_nested_comparison_of_machines(recordings, tmp_path, capfd):
    # An inner training part has fewer clips of a class than the five parts that calibration would like.
    few = tmp_path / "few"
    for label in ("cat", "dog"):
        (few / label).mkdir(parents=True)
        for path in sorted((recordings / label).iterdir())[:7]:
            shutil.copy(path, few / label)
    options = ["--features", "mfcc", "--models", "svm", "--folds", "3", "--nested", "--jobs", "1", "--duration", "0.8"]
    main(["compare", str(few), "-o", str(tmp_path / "out"), "--json", *options])
    assert json.loads(capfd.readouterr().out)["model"] == "svm"


@pytest.mark.parametrize("command", ["train", "compare"])
def test_groups_of_unequal_size_are_enough_for_machines(recordings, tmp_path, capfd, command):
    # Of each class, most clips were cut from one recording: a training part without it has three of the class.
    paths = [path for label in ("cat", "dog") for path in sorted((recordings / label).iterdir())[:12]]
    groups = [f"{path.parent.name} {max(0, i % 12 - 7) // 2}" for i, path in enumerate(paths)]
    table = pd.DataFrame({"path": map(str, paths), "label": [path.parent.name for path in paths], "group": groups})
    table.to_csv(tmp_path / "clips.csv", index=False)
    options = ["--folds", "3", "--jobs", "1", "--features", "mfcc", "--duration", "0.8", "--json"]
    options += ["--model", "svm", "-o", "m.joblib"] if command == "train" else ["--models", "svm", "-o", "r"]
    options[-1] = str(tmp_path / options[-1])
    main([command, str(tmp_path / "clips.csv"), *options, *(["--test-size", "0"] if command == "compare" else [])])
    assert json.loads(capfd.readouterr().out)


def test_a_score_that_is_unknown_is_refused_before_anything_is_read(recordings, tmp_path, capfd):
    with pytest.raises(SystemExit) as caught:
        main(["compare", str(recordings), "-o", str(tmp_path / "out"), "--scoring", "acuracy"])
    assert exit_code(caught) == 2
    err = " ".join(capfd.readouterr().err.split())
    assert "--scoring: got 'acuracy'; expected a name that scikit-learn knows, such as accuracy or f1_macro" in err
    assert not (tmp_path / "out").exists()


def test_a_bad_recording_is_named_before_the_search(recordings, tmp_path):
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


@pytest.mark.parametrize("where", [0, 1, 3])
def test_debug_shows_the_traceback(tmp_path, where):
    arguments = ["extract", str(tmp_path / "table.csv"), "-o", str(tmp_path / "out.csv")]
    arguments.insert(where, "--debug")
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        main(arguments)


def test_what_a_file_is_called_is_no_option(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    soundfile.write("--debug", np.full(800, 0.1), 8000, format="WAV")
    main(["info", "--", "--debug"])
    assert "WAV (PCM_16)" in capfd.readouterr().out


def test_a_closed_pipe_is_no_error(tmp_path):
    for name in "ab":
        soundfile.write(tmp_path / f"{name}.wav", np.full(800, 0.1), 8000)
    code = "import sys, os; from audiofeat.cli import main; os.dup2(int(sys.argv[1]), 1); main(['info', sys.argv[2]])"
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", code, str(writer), str(tmp_path)], pass_fds=[writer], capture_output=True, check=False
    )
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["compare", "no/such/folder"], "does not exist"),
        (["compare", "--features", "mfcc,loudness"], "got 'mfcc,loudness'; expected names out of mel, mfcc, chroma"),
        (["compare", "--models", ""], "got ''; expected names out of svm"),
        (["compare", "--folds", "1"], "1 is not in the range x>=2"),
        (["predict"], "Missing argument"),
        (["dance"], "No such command 'dance'"),
    ],
)
def test_wrong_use_exits_with_2(arguments, says, capfd):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert exit_code(caught) == 2
    assert says in capfd.readouterr().err


@pytest.mark.parametrize("command", ["compare", "train", "predict", "extract", "info", "cache"])
def test_help_shows_an_example(command, capfd):
    main([command, "--help"])
    help_text = capfd.readouterr().out
    assert f"\n    audiofeat {command} " in help_text
    assert max(map(len, help_text.splitlines())) <= 80
    main(["--help"])
    assert f"\n  {command} " in capfd.readouterr().out


def test_help_does_not_wait_for_scikit_learn():
    code = (
        "import sys; from audiofeat.cli import main\n"
        "for name in ('', 'compare', 'train', 'predict', 'extract', 'info', 'cache'): main([name, '--help'][not name:])\n"
        "assert not {'sklearn', 'pandas', 'matplotlib', 'keras', 'librosa'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_compare_reads_a_table_with_groups(tmp_path, capfd):
    calls = datasets.make_animal_calls(40, duration=0.5, random_state=0)
    for i, (rate, samples) in enumerate(calls.data):
        soundfile.write(tmp_path / f"{i}.wav", samples, rate)
    names = [f"{i}.wav" for i in range(40)]
    table = pd.DataFrame({"path": names, "label": calls.target, "group": calls.groups, "start": 0.0, "end": 0.5})
    table.to_csv(tmp_path / "clips.csv", index=False)
    arguments = ["--features", "mfcc,energy", "--models", "logistic", "--folds", "2", "--jobs", "1", "--json"]
    main(["compare", str(tmp_path / "clips.csv"), "-o", str(tmp_path / "r"), "--test-size", "0", *arguments])
    out, err = capfd.readouterr()
    found = json.loads(out)
    assert found["test"] is None
    assert found["model"] == "logistic"
    assert {row["features"] for row in found["table"] if row["kind"] == "candidate"} == {"mfcc", "energy"}
    assert "40 to compare on, none kept aside" in err
    assert all((tmp_path / "r" / name).exists() for name in ("report.html", "model.joblib", "clips.png"))


def test_json_has_the_tests_of_the_differences(recordings, tmp_path, capfd):
    arguments = ["--features", "mfcc,energy,chroma", "--models", "logistic", "--folds", "3", "--jobs", "1", "--json"]
    main(["compare", str(recordings), "-o", str(tmp_path), *arguments])
    found = json.loads(capfd.readouterr().out)

    scores = {
        f"{row['features']} + {row['model']}": [row[f"fold_{i}"] for i in range(3)]
        for row in found["table"]
        if row["kind"] == "candidate"
    }
    differences = found["differences"]
    assert {frozenset((row["first"], row["second"])) for row in differences} == set(
        map(frozenset, itertools.combinations(scores, 2))
    )
    for row in differences:
        of_folds = np.subtract(scores[row["first"]], scores[row["second"]])
        assert row["difference"] == pytest.approx(of_folds.mean())
        assert row["low"] <= row["difference"] <= row["high"]
        assert row["distinguishable"] == (row["p_holm"] < 0.05)
    assert [row["p_holm"] for row in differences] == pytest.approx(holm([row["p"] for row in differences]))

    test = found["test"]
    assert test["low"] <= test["accuracy"] <= test["high"]
    rivals = {row["rival"]: row for row in test["rivals"]}
    assert "majority class" in rivals
    assert len(set(rivals) & set(scores)) == 1
    for row in rivals.values():
        more = (row["only_winner"] - row["only_rival"]) / test["n_clips"]
        assert test["accuracy"] - row["accuracy"] == pytest.approx(more)
        assert set(row) == {"rival", "accuracy", "only_winner", "only_rival", "p", "p_holm", "distinguishable"}


@pytest.mark.parametrize(
    ("found", "words"), [("avx2", "spectra: compiled (avx2)"), (None, "with SciPy (the compiled part is not there)")]
)
def test_the_version_says_what_takes_the_spectra(found, words, monkeypatch, capsys):
    monkeypatch.setattr(lanes, "instructions", lambda: found)
    main(["--version"])
    assert capsys.readouterr().out.startswith(f"audiofeat {__version__}\n")
    main(["--version"])
    assert words in capsys.readouterr().out
