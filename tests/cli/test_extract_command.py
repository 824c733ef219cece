"""``audiofeat extract``: tables, their provenance, what cannot be read, and runs that are stopped."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import soundfile

from audiofeat import MFCC, AudioLoader, Chroma, FeatureBank, datasets
from audiofeat.cli import main
from audiofeat.presets import get_preset

RATE = 8000
SMALL = ["--features", "mfcc", "--set", "n_mels=40", "--sample-rate", str(RATE), "--jobs", "1"]


def extract(*arguments):
    main(["extract", *map(str, arguments)])


def fails(capfd, *arguments):
    with pytest.raises(SystemExit) as caught:
        extract(*arguments)
    return caught.value.code, " ".join(capfd.readouterr().err.split())


@pytest.fixture
def files(tones):
    """In the order in which a folder is read."""
    return [str(tones / label / f"{label}_{i}.wav") for label in ("high", "low") for i in range(5)]


@pytest.fixture
def expected(files):
    frames = {"n_fft": 1024, "hop_length": 512}
    extractor = MFCC(deltas=2, n_mels=40, **frames)
    return extractor.fit_transform(AudioLoader(sample_rate=RATE).fit_transform(files)), extractor


def test_a_csv_table(tones, files, expected, tmp_path, capfd):
    extract(tones, "-o", tmp_path / "t.csv", *SMALL)
    table = pd.read_csv(tmp_path / "t.csv")
    features, extractor = expected
    assert table.columns.tolist() == ["path", *extractor.get_feature_names_out()]
    assert table["path"].tolist() == files
    # Nine digits bring back every float32.
    np.testing.assert_array_equal(table.iloc[:, 1:].to_numpy(np.float32), features)
    assert capfd.readouterr().out == f"{tmp_path / 't.csv'}: 10 clips, 120 features each\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "t.csv.json"]
    provenance = json.loads((tmp_path / "t.csv.json").read_text("utf-8"))
    assert provenance["features"] == "MFCC(deltas=2, hop_length=512, n_fft=1024, n_mels=40)"
    assert (provenance["sample_rate"], provenance["n_clips"], provenance["n_failed"]) == (RATE, 10, 0)
    assert provenance["packages"]["numpy"] == np.__version__


def test_a_parquet_table(tones, files, expected, tmp_path, capfd):
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    extract(tones, "-o", tmp_path / "t.parquet", "--labels", "--json", *SMALL)
    table = pd.read_parquet(tmp_path / "t.parquet")
    assert table["label"].tolist() == ["high"] * 5 + ["low"] * 5
    assert set(table.dtypes.iloc[2:]) == {np.dtype("float32")}
    np.testing.assert_array_equal(table.iloc[:, 2:], expected[0])
    provenance = json.loads(parquet.read_schema(tmp_path / "t.parquet").metadata[b"audiofeat"])
    assert provenance["loader"] == f"AudioLoader(sample_rate={RATE})"
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]
    found = json.loads(capfd.readouterr().out)
    assert found == {
        "output": str(tmp_path / "t.parquet"),
        "n_clips": 10,
        "n_rows": 10,
        "n_failed": 0,
        "n_features": 120,
        "failed": None,
    }


def test_several_feature_sets_and_a_preset(files, tmp_path):
    extract(files[0], "-o", tmp_path / "two.csv", "--features", "chroma,mfcc", "--set", "mfcc__n_mfcc=5")
    bank = FeatureBank(
        [
            ("chroma", Chroma(n_fft=1024, hop_length=512)),
            ("mfcc", MFCC(5, n_mels=64, deltas=2, n_fft=1024, hop_length=512)),
        ]
    )
    clips = AudioLoader(sample_rate=16000).fit_transform(files[:1])
    np.testing.assert_allclose(pd.read_csv(tmp_path / "two.csv").iloc[:, 1:], bank.fit_transform(clips), rtol=1e-6)
    extract(files[0], "-o", tmp_path / "music.csv", "--features", "music@1")
    preset = get_preset("music@1")
    clips = AudioLoader(sample_rate=22050).fit_transform(files[:1])
    table = pd.read_csv(tmp_path / "music.csv")
    np.testing.assert_allclose(table.iloc[:, 1:], preset.fit_transform(clips), rtol=1e-6)
    assert table.columns[1:].tolist() == preset.get_feature_names_out().tolist()


def test_windows(long_recording, tmp_path, capfd):
    extract(long_recording, "-o", tmp_path / "t.csv", "--window", 1, "--hop", 0.5, *SMALL)
    table = pd.read_csv(tmp_path / "t.csv")
    frame = datasets.windows(long_recording, window=1, hop=0.5)
    said = f"{tmp_path / 't.csv'}: {len(frame)} windows of 1 recording, 120 features each\n"
    assert capfd.readouterr().out == said
    pd.testing.assert_frame_equal(table[["path", "start", "end"]], frame, check_dtype=False)
    extractor = MFCC(deltas=2, n_mels=40, n_fft=1024, hop_length=512)
    expected = extractor.fit_transform(AudioLoader(sample_rate=RATE).fit_transform(frame))
    np.testing.assert_allclose(table.iloc[:, 3:], expected, rtol=1e-6)


def test_a_table_of_clips(long_recording, tmp_path):
    rows = {"path": [long_recording.name] * 3, "start": [0, None, 1.5], "end": [1, 2, None], "id": ["007", "", "x,y"]}
    table_file = long_recording.parent / "clips.csv"
    pd.DataFrame(rows).to_csv(table_file, index=False)
    extract(table_file, "-o", tmp_path / "t.csv", *SMALL)
    table = pd.read_csv(tmp_path / "t.csv", dtype={"id": str})
    assert table.columns[:4].tolist() == ["path", "start", "end", "id"]
    assert table["id"].fillna("").tolist() == ["007", "", "x,y"]
    frame = pd.DataFrame({**rows, "path": [str(long_recording)] * 3})
    extractor = MFCC(deltas=2, n_mels=40, n_fft=1024, hop_length=512)
    expected = extractor.fit_transform(AudioLoader(sample_rate=RATE).fit_transform(frame))
    np.testing.assert_allclose(table.iloc[:, 4:], expected, rtol=1e-6)


def test_what_cannot_be_read_is_listed_aside(files, tmp_path, capfd):
    (tmp_path / "text.wav").write_text("no audio")
    nan = tmp_path / "nan.wav"
    soundfile.write(nan, np.full(RATE, np.nan, np.float32), RATE, subtype="FLOAT")
    names = [files[0], tmp_path / "text.wav", tmp_path / "gone.wav", nan, files[9]]
    code, err = fails(capfd, *names, "-o", tmp_path / "t.csv", *SMALL)
    assert (code, "3 that could not be read" in err) == (1, True)
    assert pd.read_csv(tmp_path / "t.csv")["path"].tolist() == [files[0], files[9]]
    aside = pd.read_csv(tmp_path / "t.failed.csv")
    assert aside["path"].tolist() == list(map(str, names[1:4]))
    for reason, says in zip(
        aside["reason"], ["not audio that soundfile", "no such file", "8000 NaN of 8000"], strict=True
    ):
        assert reason.startswith(says)
    # Once they are mended, the side table goes.
    for name in names[1:4]:
        shutil.copy(files[1], name)
    extract(*names, "-o", tmp_path / "t.csv", "--overwrite", *SMALL)
    assert len(pd.read_csv(tmp_path / "t.csv")) == 5
    assert not (tmp_path / "t.failed.csv").exists()


def test_without_anything_read_there_is_no_table(tmp_path, capfd):
    code, err = fails(capfd, tmp_path / "recordigns", "-o", tmp_path / "t.csv", *SMALL)
    assert (code, err) == (
        1,
        f"Error: {tmp_path / 'recordigns'}: no such file. So {tmp_path / 't.csv'} was not written.",
    )
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_text("no audio")
    code, err = fails(capfd, tmp_path, "-o", tmp_path / "t.csv", *SMALL)
    assert err.startswith(f"Error: None of the 2 recordings could be read; {tmp_path / 't.failed.csv'} says why.")
    assert len(pd.read_csv(tmp_path / "t.failed.csv")) == 2
    assert not (tmp_path / "t.csv").exists()
    assert not (tmp_path / "t.csv.unfinished").exists()


def test_malformed_recordings(data_folder, files, tmp_path, capfd):
    folder = data_folder / "malformed"
    code, _ = fails(capfd, folder, files[0], "-o", tmp_path / "t.csv", *SMALL)
    assert code == 1
    table, aside = pd.read_csv(tmp_path / "t.csv"), pd.read_csv(tmp_path / "t.failed.csv")
    assert len(table) + len(aside) == len(list(folder.rglob("*.wav"))) + 1
    assert len(aside) >= 6
    assert table["path"].iloc[-1] == files[0]


# The process kills itself where a user or the system might.
KILLED = """
import os, signal, sys
from audiofeat.cli import extract, main, tables, unfinished
extract._AT_ONCE = 3
where, after = sys.argv[1], int(sys.argv[2])
seen = 0

def die(*_):
    global seen
    seen += 1
    if seen == after:
        os.kill(os.getpid(), signal.SIGKILL)

class Dying(unfinished.sqlite3.Connection):
    def execute(self, statement, *more):
        if where == "in a transaction" and statement.startswith("INSERT INTO units"):
            die()
        result = super().execute(statement, *more)
        if where == "after a transaction" and statement == "COMMIT":
            die()
        return result

connect = unfinished.sqlite3.connect
unfinished.sqlite3.connect = lambda *args, **kwargs: connect(*args, factory=Dying, **kwargs)
if where == "writing the table":
    write = tables._write_csv
    tables._write_csv = lambda draft, *rest: (write(draft, *rest), die())
if where == "tidying up":
    extract.Unfinished.remove = die
main(sys.argv[3:])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_run_that_is_killed_goes_on(tones, files, tmp_path, capfd):
    arguments = ["extract", str(tones), "-o", str(tmp_path / "t.csv"), *SMALL]
    for where, after, n_done in (
        ("in a transaction", 5, 3),
        ("after a transaction", 3, 9),
        ("writing the table", 1, 10),
        ("tidying up", 1, 10),
    ):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, where, str(after), *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == -signal.SIGKILL, done.stderr
        with sqlite3.connect(tmp_path / "t.csv.unfinished") as connection:
            (found,) = connection.execute("SELECT count(*) FROM units").fetchone()
        connection.close()
        assert found == n_done, where
        assert (tmp_path / "t.csv").exists() == (where == "tidying up")
    main(arguments)
    assert "10 of 10 done" in capfd.readouterr().err
    main(["extract", str(tones), "-o", str(tmp_path / "whole.csv"), *SMALL])
    assert (tmp_path / "t.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"t.csv", "t.csv.json", "whole.csv", "whole.csv.json"}


@pytest.fixture
def stopped(files, tmp_path, monkeypatch, capfd):
    """A run that was interrupted after six recordings of ten."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    for i, file in enumerate(files):
        shutil.copy(file, folder / f"{i}.wav")
    from audiofeat.cli import extract as module

    rows = module._rows
    blocks = []

    def interrupted(pipeline, block):
        blocks.append(block)
        if len(blocks) == 3:
            raise KeyboardInterrupt
        return rows(pipeline, block)

    with monkeypatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", 3)
        patch.setattr(module, "_rows", interrupted)
        with pytest.raises(SystemExit) as caught:
            extract(folder, "-o", tmp_path / "t.csv", *SMALL)
    assert caught.value.code == 130
    assert "6 of 10 done. Run the same command again to go on." in capfd.readouterr().err
    return folder


def test_an_interrupted_run_goes_on(stopped, tmp_path, capfd):
    extract(stopped, "-o", tmp_path / "t.csv", *SMALL)
    out, err = capfd.readouterr()
    assert "6 of 10 done" in err
    assert "10 clips" in out
    assert not (tmp_path / "t.csv.unfinished").exists()


def test_only_what_is_missing_or_has_changed_is_extracted(stopped, files, tmp_path, monkeypatch):
    shutil.copy(files[9], stopped / "0.wav")
    os.utime(stopped / "0.wav", (1, 1))
    (stopped / "1.wav").unlink()
    shutil.copy(files[0], stopped / "10.wav")
    from audiofeat.cli import extract as module

    rows, seen = module._rows, []
    monkeypatch.setattr(module, "_rows", lambda p, block: seen.extend(block) or rows(p, block))
    extract(stopped, "-o", tmp_path / "t.csv", *SMALL)
    assert [os.path.basename(unit.path) for unit in seen] == [f"{i}.wav" for i in (0, 6, 7, 8, 9, 10)]  # noqa: PTH119
    table = pd.read_csv(tmp_path / "t.csv").set_index("path")
    assert len(table) == 10
    fresh = tmp_path / "fresh.csv"
    extract(stopped, "-o", fresh, *SMALL)
    pd.testing.assert_frame_equal(table, pd.read_csv(fresh).set_index("path"))


@pytest.fixture
def stored(monkeypatch):
    """How many clips were stored at once, where a second of sound is as much as ten minutes."""
    from audiofeat.cli import extract as module

    rows, sizes = module._rows, []
    monkeypatch.setattr(module, "_SECONDS_AT_ONCE", 1.0)
    monkeypatch.setattr(module, "_rows", lambda p, block: sizes.append(len(block)) or rows(p, block))
    return sizes


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ([], [2, 2, 2, 2, 2]),
        (["--duration", "0.25"], [4, 4, 2]),
        # As much again for each thread, and a recording for each however long they are.
        (["--jobs", "2"], [4, 4, 2]),
        (["--jobs", "3", "--duration", "4"], [6, 4]),
    ],
)
def test_long_recordings_are_stored_a_few_at_a_time(tones, tmp_path, stored, options, sizes):
    extract(tones, "-o", tmp_path / "t.csv", *SMALL, *options)
    assert stored == sizes


def test_every_thread_has_a_recording_however_long(long_recording, files, tmp_path, stored):
    # 3 s of which a part is asked for, 3 s in all, and three of half a second.
    table = pd.DataFrame({"path": [str(long_recording)] * 2 + files[:3], "start": [1.5, *[None] * 4]})
    table.to_csv(tmp_path / "clips.csv", index=False)
    extract(tmp_path / "clips.csv", "-o", tmp_path / "t.csv", *SMALL, "--jobs", "2")
    assert stored == [2, 3]
    (tmp_path / "t.csv").unlink()
    stored.clear()
    extract(tmp_path / "clips.csv", "-o", tmp_path / "t.csv", *SMALL, "--jobs", "1")
    assert stored == [1, 1, 2, 1]


def test_a_run_with_long_recordings_that_is_interrupted_goes_on(tones, tmp_path, monkeypatch, capfd):
    from audiofeat.cli import extract as module

    rows, found = module._rows, []

    def interrupted(pipeline, block):
        found.append(block)
        if len(found) == 3:
            raise KeyboardInterrupt
        return rows(pipeline, block)

    with monkeypatch.context() as patch:
        patch.setattr(module, "_SECONDS_AT_ONCE", 1.0)
        patch.setattr(module, "_rows", interrupted)
        code, err = fails(capfd, tones, "-o", tmp_path / "t.csv", *SMALL)
    assert (code, "4 of 10 done" in err) == (130, True)
    extract(tones, "-o", tmp_path / "t.csv", *SMALL)
    extract(tones, "-o", tmp_path / "whole.csv", *SMALL)
    assert (tmp_path / "t.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_other_settings_are_refused(stopped, tmp_path, capfd):
    capfd.readouterr()
    other = [*SMALL, "--set", "n_mfcc=13"]
    code, err = fails(capfd, stopped, "-o", tmp_path / "t.csv", *other)
    assert code == 1
    assert "was begun with other settings: features: MFCC(deltas=2, hop_length=512, n_fft=1024, n_mels=40) then" in err
    assert "n_mfcc=13) now" in err
    extract(stopped, "-o", tmp_path / "t.csv", *other, "--restart")
    assert pd.read_csv(tmp_path / "t.csv").shape == (10, 79)


def test_two_at_work_on_one_table(stopped, tmp_path, capfd):
    with sqlite3.connect(tmp_path / "t.csv.unfinished") as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        code, err = fails(capfd, stopped, "-o", tmp_path / "t.csv", *SMALL)
    other.close()
    assert code == 1
    assert "Another audiofeat extract is at work on" in err


def test_a_damaged_file_of_what_was_done(stopped, tmp_path, capfd):
    (tmp_path / "t.csv.unfinished").write_bytes(b"no database" * 1000)
    code, err = fails(capfd, stopped, "-o", tmp_path / "t.csv", *SMALL)
    assert code == 1
    assert "cannot be used (file is not a database). Pass --restart" in err


def test_a_finished_table_is_not_replaced_unasked(files, tmp_path, capfd):
    (tmp_path / "t.csv").write_text("mine")
    code, err = fails(capfd, files[0], "-o", tmp_path / "t.csv", *SMALL)
    assert code == 2
    assert "is there already. Pass --overwrite" in err
    assert (tmp_path / "t.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-o", "t.xlsx"], "got 't.xlsx'; expected a name ending in .parquet or .csv"),
        (["-o", "no/such/t.csv"], "there is no such folder"),
        (["-o", "t.csv", "--hop", "1"], "--hop needs --window"),
        (["-o", "t.csv", "--set", "n_mfcc"], "expected name=value"),
        (["-o", "t.csv", "--set", "mfccs=3"], "mfcc has no parameter 'mfccs'; expected one of center, convention"),
        (["-o", "t.csv", "--features", "mfcc,chroma", "--set", "n_mfcc=3"], "as in mfcc__n_fft=512"),
        (["-o", "t.csv", "--set", "pooling=None"], "pooling=None gives a row a frame"),
    ],
)
def test_wrong_use(files, tmp_path, arguments, says, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    code, err = fails(capfd, files[0], *arguments)
    assert code == 2
    assert says in err
    assert list(tmp_path.iterdir()) == []


def test_tables_that_say_too_little_or_too_much(tmp_path, capfd, long_recording):
    for text, says in (
        ("file\na.wav\n", "has columns file; expected one called path"),
        ("path,start\na.wav,1\n,2\n", "has no path in line 3"),
        ("path,start\na.wav,soon\n", "start in line 2 is no number of seconds"),
        (f"path,mfcc_00_mean\n{long_recording},1\n", "has a column 'mfcc_00_mean', as the features do"),
    ):
        (tmp_path / "clips.csv").write_text(text)
        code, err = fails(capfd, tmp_path / "clips.csv", "-o", tmp_path / "t.csv", *SMALL)
        assert code == 1
        assert says in err
