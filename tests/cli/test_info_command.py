"""``audiofeat info``: facts about recordings and models."""

import json
import shutil

import joblib
import numpy as np
import pytest
import soundfile

from audiofeat.cli import main


def info(capfd, *arguments, code=0):
    if code:
        with pytest.raises(SystemExit) as caught:
            main(["info", *map(str, arguments)])
        assert caught.value.code == code
    else:
        main(["info", *map(str, arguments)])
    return capfd.readouterr().out


@pytest.fixture
def folder(tones, tmp_path):
    shutil.copytree(tones, tmp_path / "r")
    low = tmp_path / "r" / "low"
    soundfile.write(low / "silent.wav", np.full(4000, 1e-4), 8000)
    soundfile.write(low / "loud.flac", np.sin(np.arange(44100) / 20) * 3, 44100)
    samples, rate = soundfile.read(low / "low_0.wav", dtype="int16")
    soundfile.write(low / "copy.flac", samples, rate)
    (low / "text.wav").write_text("no audio")
    return tmp_path / "r"


def test_a_folder(folder, capfd):
    lines = info(capfd, folder, code=1).splitlines()
    assert lines[0] == "13 recordings, and 1 that cannot be read"
    told = dict(line.split(maxsplit=1) for line in lines[1:7])
    assert told["length"] == "0.5 s to 1 s, median 0.5 s; 7 s in all"
    assert told["rate"] == "8,000 Hz (12), 44,100 Hz (1)"
    assert told["format"] == "WAV PCM_16 (11), FLAC PCM_16 (2)"
    assert told["classes"] == "2: high (5), low (8)"
    rest = "\n".join(lines[7:])
    for what, says in (
        ("unreadable", "text.wav: not audio"),
        ("clipped", "loud.flac: "),
        ("silent", "silent.wav: peak -81 dB"),
    ):
        assert f"  {what} (1)\n" in rest
        assert says in rest
    assert f"{folder / 'low' / 'copy.flac'} = {folder / 'low' / 'low_0.wav'}" in rest


def test_everything_for_programs(folder, capfd):
    found = json.loads(info(capfd, folder, "--json", code=1))
    assert len(found["recordings"]) == 13
    by_name = {row["path"].rpartition("/")[2]: row for row in found["recordings"]}
    assert by_name["loud.flac"]["clipped"] > 10000
    assert by_name["silent.wav"]["silent"]
    assert by_name["low_1.wav"]["duration"] == 0.5
    assert by_name["low_1.wav"]["peak"] == pytest.approx(-9.5, abs=0.5)
    assert [row["path"] for row in found["unreadable"]] == [str(folder / "low" / "text.wav")]
    assert found["classes"] == {"high": 5, "low": 8}
    assert len(found["same"]) == 1


def test_one_recording(tones, capfd):
    lines = info(capfd, tones / "low" / "low_0.wav").splitlines()
    told = dict(line.split(maxsplit=1) for line in lines[1:])
    assert lines[0] == str(tones / "low" / "low_0.wav")
    assert (told["length"], told["rate"], told["channels"]) == ("0.5 s", "8,000 Hz", "1")
    assert (told["format"], told["clipped"]) == ("WAV (PCM_16)", "no")


def test_nothing_but_unreadable_ones(tmp_path, capfd):
    for name in "ab":
        (tmp_path / f"{name}.wav").write_text("no audio")
    out = info(capfd, tmp_path, code=1)
    assert out.startswith("0 recordings, and 2 that cannot be read\n  unreadable (2)\n")
    assert json.loads(info(capfd, tmp_path, "--json", code=1))["recordings"] == []


def test_long_lists_are_cut(tmp_path, capfd):
    for i in range(13):
        (tmp_path / f"{i}.wav").write_text("no audio")
    assert "    and 3 more; --json lists all" in info(capfd, tmp_path, code=1)


def test_a_model(model_file, capfd):
    out = info(capfd, model_file)
    assert "  classes     high, low\n" in out
    assert "  clips       10 to learn from: high (5), low (5)\n" in out
    assert "  features    MFCC(n_fft=512, n_mels=40)\n" in out
    assert json.loads(info(capfd, model_file, "--json"))["classes"] == ["high", "low"]


def test_a_model_without_a_record_is_not_loaded(tmp_path, capfd, monkeypatch):
    joblib.dump({"a": 1}, tmp_path / "m.joblib")
    monkeypatch.setattr(joblib, "load", lambda *_: pytest.fail("loaded"))
    with pytest.raises(SystemExit) as caught:
        main(["info", str(tmp_path / "m.joblib")])
    assert caught.value.code == 1
    assert "says nothing about itself" in capfd.readouterr().err


def test_real_recordings(data_folder, capfd):
    found = json.loads(info(capfd, data_folder / "cats_dogs" / "wav" / "dog_barking_1*.wav", "--json"))
    same = [[name.rpartition("/")[2] for name in group] for group in found["same"]]
    assert same == [["dog_barking_14.wav", "dog_barking_15.wav"]]
