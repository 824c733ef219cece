"""``audiofeat cache``: what a person or a program reads of a store."""

import json

import numpy as np
import pytest

from audiofeat.audio import FeatureCache
from audiofeat.cli import main


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr("audiofeat.audio.store.time.time", lambda: 1_800_000_123.0)
    store = FeatureCache(tmp_path / "store")
    store.put({i.to_bytes(16, "big"): np.full(5000, i) for i in range(30)})
    yield store
    store.close()


def test_info(store, capfd):
    main(["cache", "info", str(store.folder)])
    first, *lines = capfd.readouterr().out.splitlines()
    assert first == str(store.file)
    rows = [line.split(maxsplit=1) for line in lines]
    assert rows[0] == ["values", "30"]
    assert rows[1][0] == "size"
    assert rows[1][1].endswith(" MB")
    assert 1.2 < float(rows[1][1].split()[0]) < 1.4
    assert rows[2][0] == "used"
    assert "2027-01-1" in rows[2][1]


def test_info_for_programs(store, capfd):
    main(["cache", "info", "--json", str(store.folder)])
    found = json.loads(capfd.readouterr().out)
    assert found["file"] == str(store.file)
    assert (found["n_values"], found["oldest"], found["newest"]) == (30, 1_800_000_000, 1_800_000_000)
    assert 1_200_000 < found["n_bytes"] < 1_400_000


def test_clear(store, capfd):
    store.close()
    size = store.file.stat().st_size
    main(["cache", "clear", str(store.folder)])
    assert capfd.readouterr().out.startswith("Removed 30 values, 1.2")
    assert store.file.stat().st_size < size / 10
    assert store.get([bytes(16)]) == {}
    main(["cache", "clear", "--json", str(store.folder)])
    assert json.loads(capfd.readouterr().out)["n_values"] == 0
    main(["cache", "info", str(store.folder)])
    assert "used" not in capfd.readouterr().out


@pytest.mark.parametrize("command", ["info", "clear"])
def test_a_folder_without_a_store(command, tmp_path, capfd):
    (tmp_path / "mine.txt").write_text("untouched")
    with pytest.raises(SystemExit) as caught:
        main(["cache", command, str(tmp_path)])
    assert caught.value.code == 1
    assert "holds no store of features; expected the folder" in capfd.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_damaged_store_is_named(store, capfd):
    store.close()
    store.file.write_bytes(b"no database" * 1000)
    with pytest.raises(SystemExit) as caught:
        main(["cache", "info", str(store.folder)])
    assert f"Error: FeatureCache cannot use {store.file} (file is not a database). Choose" in caught.value.code


@pytest.mark.parametrize("arguments", [[], ["info"], ["clear"]])
def test_help_shows_an_example(arguments, capfd):
    main(["cache", *arguments, "--help"])
    assert f"audiofeat cache {(arguments or ['info'])[0]} results/cache" in capfd.readouterr().out
