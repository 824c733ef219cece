"""File names: order and suffixes."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiofeat._errors import AudioInputError
from audiofeat.datasets._paths import is_audio, natural_key, require_files


def test_numbers_order_by_value():
    names = ["cat_10.wav", "cat_2.wav", "cat_1b2.wav", "cat_1b", "cat_02.wav", "Cat.wav", "7.wav"]
    expected = ["7.wav", "Cat.wav", "cat_1b", "cat_1b2.wav", "cat_02.wav", "cat_2.wav", "cat_10.wav"]
    assert sorted(names, key=natural_key) == expected


@given(st.lists(st.text(alphabet="a1b20_.", max_size=8), unique=True))
def test_order_does_not_depend_on_what_came_first(names):
    backwards = names[::-1]
    assert sorted(names, key=natural_key) == sorted(backwards, key=natural_key)


@pytest.mark.parametrize("name", ["a.wav", "a.FLAC", "b.c.ogg", "x.mp3", "x.aiff", "x.aif", "x.au", "x.opus"])
def test_audio(name):
    assert is_audio(name)


@pytest.mark.parametrize("name", ["wav", "a.txt", "a.m4a", "a.wav.part", "a.raw", ".wav"])
def test_no_audio(name):
    assert not is_audio(name)


def test_every_missing_file_is_named(touch):
    folder = touch("here.wav", "folder/a.wav")
    paths = [os.fspath(folder / name) for name in ("gone.wav", "here.wav", "folder", "lost.wav")]
    with pytest.raises(AudioInputError, match=r"(?s)3 of 4 clips.*gone\.wav.*is a folder.*lost\.wav.*Look\.") as error:
        require_files(paths, by="load_table", advice="Look.")
    assert [problem.clip for problem in error.value.problems] == [0, 2, 3]
