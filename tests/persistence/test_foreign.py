"""A file that is no model is called by what it is."""

import re

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from audiofeat import ModelLoadError, load_model, read_provenance

FOREIGN = [
    ("a WAV recording", b"RIFF\x24\x00\x00\x00WAVEfmt "),
    ("a FLAC recording", b"fLaC\x00\x00\x00\x22"),
    ("an Ogg recording", b"OggS\x00\x02"),
    ("an MP3 recording", b"ID3\x04\x00"),
    ("an MP3 recording", b"\xff\xe3\x18\xc4"),
    ("an HDF5 file", b"\x89HDF\r\n\x1a\n"),
    ("a NumPy array", b"\x93NUMPY\x01\x00"),
    ("empty", b""),
    ("text that begins '# Read me'", b"# Read me\nIt is a model.\n"),
    ("text that begins 'clip,label'", b"clip,label\n1.wav,cat\n"),
    ("text that begins '<!doctype html>", b"<!doctype html><title>Not found</title>\n"),
]


@pytest.mark.parametrize(("kind", "content"), FOREIGN)
def test_a_file_of_another_kind_is_called_by_its_name(tmp_path, kind, content):
    path = tmp_path / "m.joblib"
    path.write_bytes(content)
    says = rf"m\.joblib is {re.escape(kind)}.*; expected a model that save_model, joblib or skops wrote"
    with pytest.raises(ModelLoadError, match=says):
        load_model(path)


def test_a_file_of_another_kind_has_no_record(tmp_path):
    (tmp_path / "m.joblib").write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt ")
    with pytest.raises(ModelLoadError, match="is a WAV recording; expected a model"):
        read_provenance(tmp_path / "m.joblib")


def test_a_zip_of_something_else_is_told_by_its_members(tmp_path):
    np.savez(tmp_path / "m.npz", features=np.zeros(3), labels=np.zeros(3))
    with pytest.raises(ModelLoadError, match=r"a zip archive of features\.npy, labels\.npy, not of skops; expected"):
        load_model(tmp_path / "m.npz")


def test_a_folder_is_not_said_to_be_missing(tmp_path):
    with pytest.raises(IsADirectoryError, match=r"which is a folder; expected a file, such as model\.joblib in it"):
        load_model(tmp_path)


@pytest.mark.parametrize("compress", [0, 3])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_file_that_is_cut_off_is_said_to_be(tmp_path, share, compress, rng):
    model = LogisticRegression().fit(rng.standard_normal((8, 500)), np.arange(8) % 2)
    joblib.dump(model, tmp_path / "whole.joblib", compress=compress)
    content = (tmp_path / "whole.joblib").read_bytes()
    (tmp_path / "m.joblib").write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelLoadError, match=r"m\.joblib ends in the middle of the model.*Get the file anew"):
        load_model(tmp_path / "m.joblib")


@pytest.mark.parametrize("content", [{"model": 1}, np.zeros(3), LogisticRegression, [LogisticRegression()]])
def test_what_is_no_estimator_is_said(tmp_path, content):
    joblib.dump(content, tmp_path / "m.joblib")
    kind = (
        "the class LogisticRegression" if isinstance(content, type) else f"an object of type {type(content).__name__}"
    )
    with pytest.raises(ModelLoadError, match=rf"m\.joblib holds {kind}; expected an estimator"):
        load_model(tmp_path / "m.joblib")


def test_data_that_is_no_estimator_is_said(tmp_path):
    skops = pytest.importorskip("skops.io", reason="skops is not installed: no files without code")
    skops.dump({"model": 1}, tmp_path / "m.skops")
    with pytest.raises(ModelLoadError, match=r"m\.skops holds an object of type dict; expected an estimator"):
        load_model(tmp_path / "m.skops")
