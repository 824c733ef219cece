"""A ragged table with a column per split and class."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from audiofeat import AudioInputError, AudioWarning
from audiofeat.datasets import load_split_table

TABLE = """\
,test_cat,train_cat,train_guinea_pig,odd,val_cat
0,a.wav,b.wav,d.wav,b.wav,f.wav
1,,c.wav, e.wav,,
2,,,g.wav,,
"""


@pytest.fixture
def table(touch):
    """A split table beside its recordings."""
    folder = touch(*(f"{name}.wav" for name in "abcdefg"))
    (folder / "split.csv").write_text(TABLE)
    return folder / "split.csv"


def names(paths):
    return "".join(Path(path).stem for path in paths)


def test_labels_and_splits_come_from_the_columns(table):
    pets = load_split_table(table)
    assert names(pets.data) == "abcdegf"
    assert pets.target.tolist() == ["cat"] * 3 + ["guinea_pig"] * 3 + ["cat"]
    assert pets.split.tolist() == ["test"] + ["train"] * 5 + ["val"]
    assert pets.target_names.tolist() == ["cat", "guinea_pig"]
    assert names(pets.data_train) == "bcdeg"
    assert pets.target_train.tolist() == ["cat", "cat", "guinea_pig", "guinea_pig", "guinea_pig"]
    assert names(pets.data_test) == "a"
    assert names(pets.data_val) == "f"
    assert pets.frame.columns.tolist() == ["path", "label", "split"]


def test_other_columns_are_reported(table):
    pets = load_split_table(table)
    assert {column: cells.tolist() for column, cells in pets.ignored.items()} == {
        "Unnamed: 0": ["0", "1", "2"],
        "odd": ["b.wav"],
    }
    assert "Columns left aside: Unnamed: 0, odd." in pets.DESCR


def test_splits_to_take(table):
    pets = load_split_table(table, splits=["train", "test"])
    assert "data_val" not in pets
    assert list(pets.ignored) == ["Unnamed: 0", "odd", "val_cat"]


def test_data_frame_with_folder(table):
    pets = load_split_table(
        pd.DataFrame({"train_x": ["a.wav", None], "test_x": ["b.wav", "c.wav"]}), folder=table.parent
    )
    assert names(pets.data) == "abc"


def test_return_X_y(table):
    data, target = load_split_table(table, return_X_y=True)
    pets = load_split_table(table)
    np.testing.assert_array_equal(data, pets.data)
    np.testing.assert_array_equal(target, pets.target)


def test_all_missing_files_are_named_at_once(table):
    (table.parent / "b.wav").unlink()
    (table.parent / "f.wav").unlink()
    with pytest.raises(AudioInputError, match=r"(?s)2 of 7 clips.*b\.wav.*f\.wav.*give another folder="):
        load_split_table(table)


def test_a_file_on_both_sides_is_told(table):
    both = pd.DataFrame({"train_x": ["a.wav", "b.wav"], "test_x": ["./b.wav", "c.wav"]})
    with pytest.warns(AudioWarning, match=r"1 files in more than one place: b\.wav in train_x, test_x") as told:
        load_split_table(both, folder=table.parent)
    assert told[0].filename == __file__


def test_no_split_columns(table):
    with pytest.raises(
        ValueError, match=r"no column of the form '<split>_<class>', such as 'train_cat'.*\['path', 'label'\]"
    ):
        load_split_table(pd.DataFrame({"path": ["a.wav"], "label": ["x"]}), folder=table.parent)


def test_splits_that_are_not_there(table):
    with pytest.raises(ValueError, match=r"no column for \['dev'\]"):
        load_split_table(table, splits=["train", "dev"])
    with pytest.raises(ValueError, match=r"with a split in \['dev'\]"):
        load_split_table(table, splits=["dev"])
    with pytest.raises(TypeError, match=r"splits='train', expected several names"):
        load_split_table(table, splits="train")


def test_split_columns_without_files(table):
    with pytest.raises(ValueError, match="no file name in the columns"):
        load_split_table(pd.DataFrame({"train_x": [None, " "]}), folder=table.parent)
