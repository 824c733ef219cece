"""``audiofeat predict``: labels, timelines, formats, and recordings that cannot be read."""

import csv
import io
import json
import shutil

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from audiofeat import MFCC, AudioLoader, datasets
from audiofeat.cli import main
from audiofeat.cli.formats import regions


def predict(capfd, *arguments):
    main(["predict", *map(str, arguments)])
    return capfd.readouterr().out


def fails(capfd, *arguments):
    with pytest.raises(SystemExit) as caught:
        main(["predict", *map(str, arguments)])
    out, err = capfd.readouterr()
    return caught.value.code, out, err + (caught.value.code if isinstance(caught.value.code, str) else "")


def test_label_and_probability_in_the_order_asked_for(model_file, tones, capfd):
    files = [str(tones / name) for name in ("low/low_1.wav", "high/high_0.wav", "low/low_0.wav")]
    rows = [line.split("\t") for line in predict(capfd, model_file, *files).splitlines()]
    assert [row[0] for row in rows] == files
    assert [row[1] for row in rows] == ["low", "high", "low"]
    assert all(0.5 < float(row[2]) <= 1 for row in rows)


def test_folders_and_patterns_give_the_same(model_file, tones, capfd):
    (tones / "notes.txt").write_text("not a recording")
    folder = predict(capfd, model_file, tones)
    assert len(folder.splitlines()) == 10
    assert predict(capfd, model_file, tones / "*" / "*.wav") == folder
    assert predict(capfd, model_file, tones / "**") == folder


def test_a_file_with_the_signs_of_a_pattern(model_file, tones, tmp_path, capfd):
    shutil.copy(tones / "low/low_0.wav", tmp_path / "call [1].wav")
    assert predict(capfd, model_file, tmp_path / "call [1].wav").startswith(str(tmp_path / "call [1].wav\tlow"))


def test_many_recordings_one_as_all(model_file, tones, monkeypatch, capfd):
    at_once = predict(capfd, model_file, tones)
    monkeypatch.setattr("audiofeat.cli.predict._AT_ONCE", 3)
    assert predict(capfd, model_file, tones) == at_once


def test_json_has_every_class(model_file, tones, capfd):
    rows = [json.loads(line) for line in predict(capfd, model_file, tones, "--json").splitlines()]
    assert [row["label"] for row in rows] == ["high"] * 5 + ["low"] * 5
    for row in rows:
        assert sum(row["probabilities"].values()) == pytest.approx(1)
        assert row["probability"] == row["probabilities"][row["label"]]


def test_csv(model_file, tones, capfd):
    table = pd.read_csv(io.StringIO(predict(capfd, model_file, tones, "--format", "csv")))
    assert table.columns.tolist() == ["path", "label", "probability", "probability_high", "probability_low"]
    assert len(table) == 10


def test_bad_recordings_do_not_keep_the_others(model_file, tones, tmp_path, capfd):
    (tmp_path / "text.wav").write_text("no audio")
    names = [tones / "low/low_0.wav", tmp_path / "text.wav", tmp_path / "missing.wav", tones / "high/high_0.wav"]
    code, out, err = fails(capfd, model_file, *names, "--json")
    assert code == 1
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row.get("label") for row in rows] == ["low", None, None, "high"]
    assert rows[1]["error"].startswith("not audio that soundfile can read")
    assert rows[2] == {"path": str(tmp_path / "missing.wav"), "error": "no such file"}
    assert err.splitlines()[1:] == [f"{tmp_path / 'missing.wav'}: no such file", "2 of 4 recordings could not be read."]
    code, out, _ = fails(capfd, model_file, *names)
    assert (code, len(out.splitlines())) == (1, 2)


def test_standard_input(model_file, tones, long_recording, monkeypatch, capfd):
    for file, options, n_lines in ((tones / "low/low_0.wav", [], 1), (long_recording, ["--window", "0.5"], 6)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
        lines = [line.split("\t") for line in predict(capfd, model_file, "-", *options).splitlines()]
        assert len(lines) == n_lines
        assert lines[0][0] == "-"
        assert "low" in lines[0]


def test_a_timeline(model_file, long_recording, capfd):
    out = predict(capfd, model_file, long_recording, "--window", 0.5, "--format", "csv")
    table = pd.read_csv(io.StringIO(out))
    assert table["start"].tolist() == [0, 0.5, 1, 1.5, 2, 2.5]
    assert table["label"].tolist() == ["low", "low", "high", "high", "low", "low"]
    assert len(predict(capfd, model_file, long_recording, "--window", 0.5, "--hop", 0.25).splitlines()) == 11


def test_a_timeline_as_json(model_file, long_recording, capfd):
    rows = [json.loads(x) for x in predict(capfd, model_file, long_recording, "--window", 1, "--json").splitlines()]
    assert [(row["start"], row["end"], row["label"]) for row in rows] == [(0, 1, "low"), (1, 2, "high"), (2, 3, "low")]


def test_a_label_track(model_file, long_recording, tmp_path, capfd):
    arguments = [model_file, long_recording, "--window", 0.5, "--format", "audacity"]
    out = predict(capfd, *arguments)
    rows = list(csv.reader(out.splitlines(), delimiter="\t"))
    assert [(float(start), float(end), text.split()[0]) for start, end, text in rows] == [
        (0, 1, "low"),
        (1, 2, "high"),
        (2, 3, "low"),
    ]
    assert predict(capfd, *arguments, "-o", tmp_path / "track.txt") == ""
    assert (tmp_path / "track.txt").read_text("utf-8") == out


def test_the_name_of_the_output_says_the_format(model_file, long_recording, tmp_path, capfd):
    for name, begins in (
        ("t.csv", "path,start,end,label"),
        ("t.jsonl", '{"path"'),
        ("t.txt", "0.000000\t1.000000\tlow"),
    ):
        predict(capfd, model_file, long_recording, "--window", 1, "-o", tmp_path / name)
        assert (tmp_path / name).read_text("utf-8").startswith(begins)
    predict(capfd, model_file, long_recording, "-o", tmp_path / "t.txt")
    assert (tmp_path / "t.txt").read_text("utf-8").startswith(f"{long_recording}\t")


def test_label_tracks_of_several_recordings(model_file, long_recording, tmp_path, capfd):
    other = tmp_path / "field" / "night.flac"
    other.parent.mkdir()
    shutil.copy(long_recording, other)
    arguments = [model_file, other, tmp_path / "missing.flac", "--window", 0.5, "--format", "audacity"]
    code, _, _ = fails(capfd, *arguments, "-o", tmp_path / "tracks")
    assert code == 1
    assert [path.name for path in (tmp_path / "tracks").iterdir()] == ["night.txt"]
    predict(capfd, model_file, other, long_recording, "--window", 1, "--format", "audacity", "-o", tmp_path / "two")
    names = sorted(path.name for path in (tmp_path / "two").iterdir())
    assert len(names) == 2
    assert names[0].endswith("night.flac.txt")


def test_regions_join_and_meet_halfway():
    timeline = pd.DataFrame(
        {
            "start": [0.0, 1.0, 2.0, 3.0, 9.0],
            "end": [2.0, 3.0, 4.0, 5.0, 11.0],
            "label": ["a", "a", "b", "a", "a"],
            "probability_a": [0.9, 0.7, 0.2, 0.6, 0.8],
            "probability_b": [0.1, 0.3, 0.8, 0.4, 0.2],
        }
    )
    assert [(*row[:3], round(row[3], 6)) for row in regions(timeline)] == [
        (0.0, 2.5, "a", 0.8),
        (2.5, 3.5, "b", 0.8),
        (3.5, 5.0, "a", 0.6),
        (9.0, 11.0, "a", 0.8),
    ]


def test_labels_that_are_numbers_and_no_probabilities(tones, tmp_path, capfd):
    files = sorted(map(str, tones.rglob("*.wav")))
    model = make_pipeline(AudioLoader(sample_rate=8000), MFCC(n_mels=40), RidgeClassifier()).fit(
        files, [3] * 5 + [7] * 5
    )
    joblib.dump(model, tmp_path / "plain.joblib")
    assert predict(capfd, tmp_path / "plain.joblib", files[0]) == f"{files[0]}\t3\n"
    row = json.loads(predict(capfd, tmp_path / "plain.joblib", files[-1], "--json"))
    assert (row["label"], row["probability"], row["probabilities"]) == (7, None, None)
    out = predict(capfd, tmp_path / "plain.joblib", files[0], "--window", 0.25, "--format", "audacity")
    assert out == "0.000000\t0.500000\t3\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--hop", "1"], "--hop needs --window"),
        (["--format", "audacity"], "--format audacity needs --window"),
        (["--window", "0"], "0 is not in the range"),
        (["-", "-"], "standard input once only"),
        (["b.wav", "--window", "1", "--format", "audacity"], "name a folder, -o FOLDER"),
    ],
)
def test_wrong_use(model_file, arguments, says, capfd):
    code, _, err = fails(capfd, model_file, "a.wav", *arguments)
    assert code == 2
    assert says in " ".join(err.split())


def test_what_stands_for_nothing(model_file, tmp_path, capfd):
    for name, says in ((tmp_path, "holds no recordings"), (tmp_path / "*.wav", "matches no file")):
        code, out, err = fails(capfd, model_file, name)
        assert (code, out) == (1, "")
        assert says in err


def test_what_is_no_model(tmp_path, long_recording, capfd):
    (tmp_path / "README.md").write_text("# Read me")
    joblib.dump({"a": 1}, tmp_path / "dict.joblib")
    told = {
        tmp_path / "README.md": "is text that begins '# Read me'; expected a model that",
        tmp_path / "dict.joblib": "holds an object of type dict; expected an estimator",
        # The model was forgotten.
        long_recording: "night.flac is a FLAC recording; expected a model that",
    }
    for name, says in told.items():
        code, _, err = fails(capfd, name, "x.wav")
        assert code
        assert says in err
        assert "Traceback" not in err


def test_real_recordings(data_folder, tmp_path, capfd):
    folder = data_folder / "cats_dogs" / "wav"
    files = [str(folder / f"{kind}_{i}.wav") for kind in ("cat", "dog_barking") for i in range(10, 20)]
    labels = np.repeat(["cat", "dog"], 10)
    frame = datasets.windows(files, window=0.5)
    model = make_pipeline(AudioLoader(sample_rate=16000, duration=0.5), MFCC(), GaussianNB())
    model.fit(frame, frame["path"].map(dict(zip(files, labels, strict=True))))
    joblib.dump(model, tmp_path / "m.joblib")
    table = pd.read_csv(io.StringIO(predict(capfd, tmp_path / "m.joblib", *files, "--window", 0.5, "--format", "csv")))
    np.testing.assert_array_equal(table["label"], model.predict(frame))
