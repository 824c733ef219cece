"""``audiofeat train``: one model, its score, its file."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from audiofeat import load_model, read_provenance
from audiofeat.cli import main

QUICK = ["--jobs", "1", "--sample-rate", "8000", "--duration", "0.5", "--set", "n_mels=40"]


def test_a_folder_to_a_model(tones, tmp_path, capfd):
    output = tmp_path / "model.joblib"
    main(["train", str(tones), "-o", str(output), "--model", "logistic", "--folds", "2", *QUICK])
    out = capfd.readouterr().out
    assert "Recordings: 10; high (5), low (5)" in out
    assert "Accuracy in 2-fold cross-validation: 1.000" in out
    assert "majority class  0." in out
    assert out.splitlines()[-1] == f"  audiofeat predict {output} RECORDING"
    model = load_model(output)
    assert model["load"].sample_rate == 8000
    assert model["load"].memory is None
    assert model["features"].n_mels == 40
    assert model.predict([str(tones / "low" / "low_0.wav")]).tolist() == ["low"]
    assert read_provenance(output).clips_per_class == {"high": 5, "low": 5}


def test_json_and_a_table_with_groups(tones, tmp_path, capfd):
    table = pd.DataFrame([(f"{k}/{k}_{i}.wav", k, f"{k}{i // 2}") for k in ("high", "low") for i in range(5)])
    shutil.copytree(tones, tmp_path / "r")
    table.to_csv(tmp_path / "r" / "clips.csv", header=["path", "label", "group"], index=False)
    arguments = ["--model", "svm", "--folds", "3", "--features", "mfcc,energy", "--json", *QUICK[:-2]]
    output = tmp_path / "model.skops"
    pytest.importorskip("skops", reason="the extra skops is not installed")
    main(["train", str(tmp_path / "r" / "clips.csv"), "-o", str(output), *arguments])
    found = json.loads(capfd.readouterr().out)
    assert found["classes"] == ["high", "low"]
    assert len(found["accuracy"]["folds"]) == 3
    assert found["accuracy"]["mean"] == pytest.approx(np.mean(found["accuracy"]["folds"]))
    assert load_model(output).predict([str(tones / "high" / "high_0.wav")]).tolist() == ["high"]


def test_a_skops_file_that_nobody_could_load_is_not_left(tones, tmp_path, capfd):
    pytest.importorskip("skops", reason="the extra skops is not installed")
    with pytest.raises(SystemExit) as caught:
        main(["train", str(tones), "-o", str(tmp_path / "m.skops"), "--model", "forest", "--folds", "0", *QUICK])
    assert caught.value.code == 1
    assert "sklearn.tree._tree.Tree. Save it as .joblib, or choose another --model" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_without_folds(tones, tmp_path, capfd):
    main(["train", str(tones), "-o", str(tmp_path / "m.joblib"), "--folds", "0", "--json", *QUICK])
    assert json.loads(capfd.readouterr().out)["accuracy"] is None
    assert load_model(tmp_path / "m.joblib").predict_proba([str(tones / "low" / "low_0.wav")]).argmax() == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-o", "model.h5"], "got 'model.h5'; expected a name ending in .joblib or .skops"),
        (["-o", "no/such/model.joblib"], "there is no such folder"),
        (["--model", "svm,forest"], "expected one. Use audiofeat compare for several"),
        (["--model", "bayes"], "expected names out of svm, logistic, forest, cnn"),
        (["--folds", "1"], "got 1; expected 2 or more, or 0"),
    ],
)
def test_wrong_use(tones, tmp_path, monkeypatch, arguments, says, capfd):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(["train", str(tones), *arguments])
    assert caught.value.code == 2
    assert says in " ".join(capfd.readouterr().err.split())
    assert list(tmp_path.iterdir()) == []


def test_bad_recordings_are_named(tones, tmp_path):
    shutil.copytree(tones, tmp_path / "r")
    for label in ("high", "low"):
        (tmp_path / "r" / label / "zz.wav").write_text("no audio")
    with pytest.raises(SystemExit) as caught:
        main(["train", str(tmp_path / "r"), "-o", str(tmp_path / "m.joblib"), "--folds", "2", *QUICK])
    assert caught.value.code.count("zz.wav): not audio") == 2
    assert not (tmp_path / "m.joblib").exists()
