"""A row per clip."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from audiofeat import AudioInputError, AudioWarning
from audiofeat.datasets import load_table


@pytest.fixture
def clips(touch):
    """A folder with three recordings."""
    return touch("a.wav", "sub/b.wav", "c.wav")


def write(folder, text, name="clips.csv", **how):
    file = folder / name
    file.write_text(text, **how)
    return file


def test_paths_start_from_the_folder_of_the_table(clips):
    calls = load_table(write(clips, "path,label\nc.wav,dog\nsub/b.wav,cat\n"))
    assert calls.data.tolist() == [str(clips / "c.wav"), str(clips / "sub/b.wav")]
    assert calls.target.tolist() == ["dog", "cat"]
    assert calls.target_names.tolist() == ["cat", "dog"]
    assert "groups" not in calls


def test_folder_and_absolute_paths(clips, tmp_path_factory):
    table = write(tmp_path_factory.mktemp("elsewhere"), f"path,label\na.wav,x\n{clips / 'c.wav'},y\n")
    assert load_table(table, folder=clips).data.tolist() == [str(clips / "a.wav"), str(clips / "c.wav")]


def test_paths_of_a_data_frame_start_from_the_working_folder(clips, monkeypatch):
    monkeypatch.chdir(clips)
    table = pd.DataFrame({"path": [Path("a.wav"), "sub/b.wav"], "label": [1, 2]}, index=[7, 9])
    calls = load_table(table)
    assert calls.data.tolist() == [str(clips / "a.wav"), str(clips / "sub/b.wav")]
    assert calls.target.tolist() == ["1", "2"]


def test_labels_and_groups_stay_text(clips):
    text = "path,label,group,age\na.wav,007,01,3\nc.wav,None,NA,\n"
    calls = load_table(write(clips, text, encoding="utf-8-sig"))
    assert calls.target.tolist() == ["007", "None"]
    assert calls.groups.tolist() == ["01", "NA"]
    assert calls.frame["age"].iloc[0] == 3
    assert calls.frame["age"].isna().tolist() == [False, True]


def test_other_names_of_columns(clips):
    table = write(clips, "file\tspecies\tbird\na.wav\towl\tone\nc.wav\twren\ttwo\n", name="clips.tsv")
    calls = load_table(table, path_column="file", label_column="species", group_column="bird")
    assert calls.target.tolist() == ["owl", "wren"]
    assert calls.groups.tolist() == ["one", "two"]


def test_parts_of_recordings_are_a_data_frame(clips):
    calls = load_table(write(clips, "path,label,start,end\na.wav,x,0,1.5\na.wav,y,1.5,\nc.wav,x,,2\n"))
    assert calls.data.columns.tolist() == ["path", "start", "end"]
    np.testing.assert_array_equal(calls.data[["start", "end"]], [[0, 1.5], [1.5, np.nan], [np.nan, 2]])


def test_times_can_be_left_aside_or_have_other_names(clips):
    table = pd.DataFrame({"path": ["a.wav"], "label": ["x"], "start": [1.0], "till": [2.0]})
    assert load_table(table, start_column=None, folder=clips).data.tolist() == [str(clips / "a.wav")]
    only_end = load_table(table, start_column=None, end_column="till", folder=clips)
    assert only_end.data.columns.tolist() == ["path", "end"]


def test_ends_in_a_column_of_another_name(clips):
    table = write(clips, "path,label,start,duration\na.wav,x,1,2\n")
    with pytest.warns(
        AudioWarning, match=r"load_table got a table with the columns 'start' and 'duration' but no 'end'"
    ):
        load_table(table)
    assert load_table(table, end_column=None).data.columns.tolist() == ["path", "start"]
    assert load_table(table, start_column=None).data.tolist() == [str(clips / "a.wav")]


def test_return_X_y(clips):
    data, target = load_table(write(clips, "path,label\na.wav,x\n"), return_X_y=True)
    assert data.tolist() == [str(clips / "a.wav")]
    assert target.tolist() == ["x"]


def test_all_missing_files_are_named_at_once(clips):
    table = write(clips, "path,label\ngone.wav,x\na.wav,x\nlost.wav,y\n")
    with pytest.raises(
        AudioInputError, match=r"(?s)2 of 3 clips.*clip 0.*gone\.wav.*clip 2.*lost\.wav.*another folder="
    ) as error:
        load_table(table)
    assert [Path(problem.path).name for problem in error.value.problems] == ["gone.wav", "lost.wav"]


@pytest.mark.parametrize("empty", ["", "  "])
@pytest.mark.parametrize(("column", "reason"), [("label", "no label"), ("group", "no group")])
def test_empty_labels_and_groups(clips, column, reason, empty):
    table = pd.DataFrame({"path": ["a.wav", "c.wav"], "label": ["x", "y"], "group": ["1", "2"]})
    table.loc[1, column] = empty
    with pytest.raises(
        AudioInputError, match=rf"(?s)1 of 2 clips:\n  clip 1 \(c\.wav\): {reason}\nFill .*column '{column}'"
    ):
        load_table(write(clips, table.to_csv(index=False)))


def test_missing_values_of_a_data_frame(clips):
    with pytest.raises(AudioInputError, match=r"clip 1 \(c\.wav\): no label"):
        load_table(pd.DataFrame({"path": ["a.wav", "c.wav"], "label": [1.0, np.nan]}), folder=clips)
    with pytest.raises(AudioInputError, match=r"clip 0: no path"):
        load_table(pd.DataFrame({"path": [None, "c.wav"], "label": ["x", "y"]}), folder=clips)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ("early,1", r"start is 'early'(.|\n)*seconds as numbers"),
        ("0,inf", r"end is .*inf"),
        ("-1,1", r"starts at -1 s and ends at 1 s(.|\n)*0 s or later"),
        ("2,2", r"starts at 2 s and ends at 2 s"),
    ],
)
def test_times_that_are_none(clips, times, message):
    with pytest.raises(AudioInputError, match=message):
        load_table(write(clips, f"path,label,start,end\na.wav,x,{times}\n"))


@pytest.mark.parametrize(("mark", "shown"), [(";", "';'"), ("\t", r"'\\t'")])
def test_tables_of_spreadsheets_without_commas(clips, mark, shown):
    with pytest.raises(ValueError, match=rf"path_column='path', which is no.*read_csv\('.*clips\.csv', sep={shown}\)"):
        load_table(write(clips, f"path{mark}label\na.wav{mark}x\n"))


@pytest.mark.parametrize("parameter", ["path_column", "label_column", "group_column", "start_column", "end_column"])
def test_unknown_columns(clips, parameter):
    with pytest.raises(
        ValueError, match=rf"{parameter}='nope', which is no column of .*clips\.csv.*\['path', 'label'\]"
    ):
        load_table(write(clips, "path,label\na.wav,x\n"), **{parameter: "nope"})


def test_no_usual_column(clips):
    with pytest.raises(ValueError, match=r"label_column='label', which is no column"):
        load_table(write(clips, "path,species\na.wav,x\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot read .* as a table"),
        ("path,label\na.wav,x,y\n", "cannot read .* as a table"),
        ("path,label\n", "without rows"),
    ],
)
def test_tables_that_are_none(clips, text, message):
    with pytest.raises(ValueError, match=message):
        load_table(write(clips, text))


def test_wrong_encoding(clips):
    file = clips / "latin.csv"
    file.write_bytes("path,label\na.wav,Mönch\n".encode("latin-1"))
    with pytest.raises(ValueError, match="UTF-8"):
        load_table(file)


def test_columns_of_one_name(clips):
    with pytest.raises(ValueError, match=r"two columns of one name: \['label'\]"):
        load_table(pd.DataFrame([["a.wav", "x", "y"]], columns=["path", "label", "label"]), folder=clips)


def test_cells_that_are_no_paths(clips):
    with pytest.raises(TypeError, match=r"path_column='path', whose cells are no paths \(dtype int64\)"):
        load_table(pd.DataFrame({"path": [1], "label": ["x"]}), folder=clips)


def test_no_table(clips):
    with pytest.raises(FileNotFoundError, match="no such file"):
        load_table(clips / "nope.csv")
    with pytest.raises(TypeError, match="type list, expected the path of a CSV file or a pandas DataFrame"):
        load_table(["a.wav"])
    with pytest.raises(FileNotFoundError, match=r"folder=.*does not exist"):
        load_table(write(clips, "path,label\na.wav,x\n"), folder=clips / "nope")
