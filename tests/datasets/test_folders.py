"""A folder per class."""

from pathlib import Path

import numpy as np
import pytest

from audiofeat import AudioWarning
from audiofeat.datasets import load_folder


def names(paths):
    return [Path(path).name for path in paths]


def test_labels_are_the_names_of_the_folders(touch):
    pets = load_folder(touch("dog/1.wav", "cat/b.flac", "cat/a.OGG", "guinea pig/x.mp3"))
    assert names(pets.data) == ["a.OGG", "b.flac", "1.wav", "x.mp3"]
    assert pets.target.tolist() == ["cat", "cat", "dog", "guinea pig"]
    assert pets.target_names.tolist() == ["cat", "dog", "guinea pig"]
    assert "cat (2), dog (1), guinea pig (1)" in pets.DESCR


def test_order_is_natural_and_the_same_everywhere(touch):
    pets = load_folder(touch("cat/c10.wav", "cat/c9.wav", "cat/b/2.wav", "cat/b/10.wav", "cat/a.wav"))
    assert names(pets.data) == ["a.wav", "2.wav", "10.wav", "c9.wav", "c10.wav"]


def test_paths_survive_a_change_of_folder(touch, monkeypatch):
    folder = touch("set/cat/1.wav")
    monkeypatch.chdir(folder)
    pets = load_folder("set")
    monkeypatch.chdir("/")
    assert Path(pets.data[0]).is_file()
    assert isinstance(pets.data[0], str)


def test_return_X_y_gives_the_same_arrays(touch):
    folder = touch("cat/1.wav", "dog/2.wav")
    data, target = load_folder(folder, return_X_y=True)
    pets = load_folder(str(folder))
    np.testing.assert_array_equal(data, pets.data)
    np.testing.assert_array_equal(target, pets.target)


def test_what_people_leave_beside_recordings_is_no_matter(touch):
    folder = touch(
        "cat/1.wav", "cat/README", "cat/notes.txt", "cat/.DS_Store", "cat/.cache/x.wav", ".git/a.wav", "labels.csv"
    )
    assert names(load_folder(folder).data) == ["1.wav"]


def test_files_that_may_be_recordings_are_counted(touch):
    folder = touch("cat/1.wav", *(f"cat/{i}.m4a" for i in range(7)))
    with pytest.warns(
        AudioWarning, match=r"7 files whose suffix is not one of audio \(0\.m4a, .*, \.\.\.\); convert them"
    ):
        pets = load_folder(folder)
    assert len(pets.data) == 1


def test_recordings_beside_the_folders_and_empty_folders_are_told(touch):
    folder = touch("cat/1.wav", "stray.wav", "empty/notes.txt")
    with pytest.warns(
        AudioWarning, match=r"1 audio files beside .*stray\.wav.*1 folders without a recording \(empty\)"
    ) as told:
        load_folder(folder)
    assert told[0].filename == __file__


def test_no_class_folders(touch):
    with pytest.raises(ValueError, match=r"0 folders and 2 audio files that stand in no class folder.*'cat/1\.wav'"):
        load_folder(touch("a.wav", "b.wav"))


def test_no_audio_in_the_class_folders(touch):
    with pytest.raises(ValueError, match=r"1 folder and 1 files of other kinds \(a\.m4a\)"):
        load_folder(touch("cat/a.m4a"))


def test_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"folder=.*nowhere.*does not exist"):
        load_folder(tmp_path / "nowhere")


def test_file_in_place_of_a_folder(touch):
    with pytest.raises(NotADirectoryError, match=r"which is a file"):
        load_folder(touch("a.wav") / "a.wav")


def test_what_is_no_path(tmp_path):
    with pytest.raises(TypeError, match=r"folder=3, expected a path"):
        load_folder(3)
