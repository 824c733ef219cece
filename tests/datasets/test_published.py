"""The published data sets as they lie in AUDIOFEAT_DATA, and downloaded from a server on loopback that has them."""

from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pytest
import soundfile

from audiofeat import DatasetNotFoundError
from audiofeat.datasets import fetch_cats_dogs, fetch_esc10, fetch_fsdd
from audiofeat.datasets.cats_dogs import _local_path as cats_dogs_path
from audiofeat.datasets.esc10 import _local_path as esc10_path
from audiofeat.datasets.fetching import read_registry


@pytest.fixture
def in_data_folder(data_folder, monkeypatch):
    """AUDIOFEAT_DATA by its absolute path, with nothing in the cache of the user to fall back on."""
    monkeypatch.setenv("AUDIOFEAT_DATA", str(data_folder))
    monkeypatch.setattr("pooch.os_cache", lambda project: Path("/nowhere"))
    return data_folder


def check_bunch(bunch, n_clips):
    """Check what holds for every data set."""
    assert len(bunch.data) == len(bunch.target) == len(bunch.groups) == n_clips
    assert len(set(bunch.data)) == n_clips
    assert all(Path(path).is_file() for path in bunch.data)
    assert bunch.data.dtype.kind == bunch.target.dtype.kind == bunch.groups.dtype.kind == "U"
    np.testing.assert_array_equal(bunch.target_names, np.unique(bunch.target))
    assert "Licence" in bunch.DESCR
    assert "{" not in bunch.DESCR


def test_cats_dogs(in_data_folder):
    pets = fetch_cats_dogs()
    check_bunch(pets, 277)
    assert pd.Series(pets.target + pets.split).value_counts().to_dict() == {
        "cattrain": 115,
        "dogtrain": 64,
        "cattest": 49,
        "dogtest": 49,
    }
    assert all(Path(path).name.startswith(label) for path, label in zip(pets.data, pets.target, strict=True))
    assert len(pets.data_train) == len(pets.target_train) == len(pets.groups_train) == 179
    assert len(pets.data_test) == len(pets.target_test) == len(pets.groups_test) == 98
    assert pets.frame.columns.tolist() == ["path", "label", "split", "group", "odd"]
    assert pets.frame["odd"].sum() == len(pets.ignored["odd"]) == 38


def test_cats_dogs_clips_of_one_recording(in_data_folder):
    pets = fetch_cats_dogs()
    group_of = {Path(path).stem: group for path, group in zip(pets.data, pets.groups, strict=True)}
    assert group_of["dog_barking_14"] == group_of["dog_barking_15"]
    assert group_of["cat_1"] == group_of["cat_2"] == group_of["cat_3"]
    assert len(set(pets.groups)) == 221
    # The first half second of cat_2 occurs in cat_1 to the last bit.
    first, second = (soundfile.read(in_data_folder / f"cats_dogs/wav/cat_{i}.wav", dtype="int16")[0] for i in (1, 2))
    windows = np.lib.stride_tricks.sliding_window_view(first, 8000)
    candidates = np.flatnonzero((windows[:, :8] == second[:8]).all(axis=1))
    assert any(np.array_equal(windows[i], second[:8000]) for i in candidates)


def test_cats_dogs_description_counts_what_leaks(in_data_folder):
    pets = fetch_cats_dogs()
    leaking = np.isin(pets.groups_test, pets.groups_train).sum()
    assert leaking == 26
    assert f"{leaking} of its 98 test clips share samples with a training clip" in pets.DESCR
    assert "Byte for byte the same file: dog_barking_15.wav is dog_barking_14.wav." in pets.DESCR
    assert "marks 38 clips as `odd`" in pets.DESCR


def test_fsdd(in_data_folder):
    digits = fetch_fsdd()
    check_bunch(digits, 3000)
    assert pd.crosstab(digits.target, digits.groups).to_numpy().tolist() == [[50] * 6] * 10
    assert pd.crosstab(digits.target_test, digits.groups_test).to_numpy().tolist() == [[5] * 6] * 10
    assert len(digits.data_train) == 2700
    assert Path(digits.data[9]).name == "0_george_9.wav"
    assert Path(digits.data[10]).name == "0_george_10.wav"


def test_esc10_folds_at_hand(in_data_folder):
    sounds = fetch_esc10()
    check_bunch(sounds, 240)
    index = pd.read_csv(in_data_folder / "esc10_dev/index.csv", dtype=str).set_index("filename")
    names = [f"{label}/{Path(path).name}" for label, path in zip(sounds.target, sounds.data, strict=True)]
    index = index.loc[names]
    assert index["category"].tolist() == sounds.target.tolist()
    assert index["source"].tolist() == sounds.groups.tolist()
    assert index["fold"].tolist() == sounds.fold.astype(str).tolist()
    assert index["licence"].tolist() == sounds.frame["licence"].tolist()
    assert not sounds.frame.isna().any(axis=None)
    assert "folds 1, 2, 3 of 5" in sounds.DESCR


def test_esc10_folds_named(in_data_folder):
    data, target = fetch_esc10(folds=(2,), return_X_y=True)
    assert len(data) == len(target) == 80
    with pytest.raises(
        DatasetNotFoundError, match=r"esc10_dev', which AUDIOFEAT_DATA names, lacks 160 .* of 400 files"
    ):
        fetch_esc10(folds=range(1, 6), download_if_missing=False)


@pytest.mark.parametrize("folds", [[], [0], [1, 1], ["1"]])
def test_esc10_folds_that_are_none(folds):
    with pytest.raises(ValueError, match="expected some of the folds 1 to 5, each once"):
        fetch_esc10(folds=folds)


def test_esc10_folds_that_are_one_number():
    with pytest.raises(TypeError, match=r"folds=1, expected several"):
        fetch_esc10(folds=1)


@pytest.mark.parametrize("fetch", [fetch_cats_dogs, fetch_fsdd, fetch_esc10])
def test_return_X_y(fetch, in_data_folder):
    data, target = fetch(return_X_y=True)
    bunch = fetch()
    np.testing.assert_array_equal(data, bunch.data)
    np.testing.assert_array_equal(target, bunch.target)


def test_download_of_cats_dogs(data_folder, server, tmp_path):
    files = read_registry("cats_dogs.txt", cats_dogs_path)
    server.files = {file.remote_path: data_folder / "cats_dogs" / file.path for file in files}
    pets = fetch_cats_dogs(data_home=tmp_path, base_url=server.url)
    check_bunch(pets, 277)
    assert all(path.startswith(str(tmp_path / "cats_dogs/wav")) for path in pets.data)
    assert "cats_dogs/cat_1.wav" in server.requested
    assert "train_test_split.csv" in server.requested
    assert len(server.requested) == 278


def test_download_of_fsdd(data_folder, server, tmp_path):
    files = read_registry("fsdd.txt", str)
    server.files = {file.remote_path: data_folder / "fsdd" / file.path for file in files}
    digits = fetch_fsdd(data_home=tmp_path, base_url=server.url)
    check_bunch(digits, 3000)
    assert len(server.requested) == 3000


def test_download_of_a_fold_of_esc10(data_folder, server, tmp_path):
    files = [file for file in read_registry("esc10.txt", esc10_path) if PurePosixPath(file.path).name.startswith("1-")]
    server.files = {file.remote_path: data_folder / "esc10_dev" / file.path for file in files}
    sounds = fetch_esc10(folds=[1], data_home=tmp_path, base_url=server.url)
    check_bunch(sounds, 80)
    assert len(server.requested) == 80
    # Without the others the data set is not whole, and the cache is not taken for it.
    with pytest.raises(DatasetNotFoundError, match="lacks 320"):
        fetch_esc10(data_home=tmp_path, download_if_missing=False)


@pytest.mark.parametrize("fetch", [fetch_cats_dogs, fetch_fsdd, fetch_esc10])
def test_not_found(fetch, tmp_path):
    with pytest.raises(
        DatasetNotFoundError, match=rf"(?s){fetch.__name__} could not get.*put the files of https://github\.com/"
    ):
        fetch(data_home=tmp_path, download_if_missing=False)


def test_the_commits_are_pinned_where_the_files_lie():
    from audiofeat.datasets import cats_dogs, esc10, fsdd

    addresses = [module._SOURCE.base_url for module in (cats_dogs, fsdd, esc10)]
    assert addresses == [
        "https://raw.githubusercontent.com/Bkram12/dog-cat-audio-classification/e1f4b51fda19cdb4c5985404c8b0f73f11a683b4",
        "https://raw.githubusercontent.com/Jakobovski/free-spoken-digit-dataset/26eb9aaf76e81b692f806f9140c2d2777410d7a1",
        "https://raw.githubusercontent.com/karolpiczak/ESC-10/553c8f1743b9dba6b282e1323c3ca8fa76923448",
    ]
