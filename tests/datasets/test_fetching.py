"""Finding, downloading and verifying published files, against a server on loopback."""

import hashlib
import io
import sys

import pytest

from audiofeat import DatasetNotFoundError
from audiofeat.datasets.fetching import PublishedFile, Source, fetch, named_folders, read_registry

SOURCE = Source("fetch_tones", "Tones", "someone/tones", "0" * 40, ("tones", "tones_dev"), "wav/*.wav")
CONTENTS = {f"Some tones/{i}.wav": bytes([i]) * 5000 for i in range(20)}
FILES = tuple(
    PublishedFile(f"wav/{name.split('/')[1]}", name, hashlib.sha256(body).hexdigest())
    for name, body in CONTENTS.items()
)

pytestmark = pytest.mark.usefixtures("no_data_variable")


def put(folder, names=CONTENTS):
    """Lay files out by hand."""
    (folder / "wav").mkdir(parents=True)
    for name in names:
        (folder / "wav" / name.split("/")[1]).write_bytes(CONTENTS[name])


def files_below(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def get(server, home, files=FILES, *, download_if_missing=True):
    return fetch(SOURCE, files, data_home=home, download_if_missing=download_if_missing, base_url=server and server.url)


def test_download_and_find_again(server, tmp_path, capsys):
    server.files = CONTENTS
    folder = get(server, tmp_path)
    assert folder == tmp_path / "tones"
    assert {f"Some tones/{file.name}": file.read_bytes() for file in (folder / "wav").iterdir()} == CONTENTS
    assert sorted(server.requested) == sorted(CONTENTS)
    server.requested.clear()
    assert get(server, tmp_path) == folder
    assert server.requested == []
    # No terminal, no progress bar, and pooch's log line per file is silenced.
    assert capsys.readouterr() == ("", "")


def test_a_trailing_slash_of_the_address_is_no_matter(server, tmp_path):
    server.files = CONTENTS
    fetch(SOURCE, FILES[:1], data_home=tmp_path, download_if_missing=True, base_url=server.url + "/")
    assert server.requested == [FILES[0].remote_path]


def test_progress_on_a_terminal(server, tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    server.files = CONTENTS
    get(server, tmp_path)
    assert "Downloading Tones" in terminal.getvalue()
    assert "20/20" in terminal.getvalue()


def test_a_corrupted_download_is_refused_and_named(server, tmp_path):
    server.files = CONTENTS | {"Some tones/7.wav": b"not this"}
    with pytest.raises(
        DatasetNotFoundError, match=r"'wav/7\.wav': what http://.* sent for it has not the published contents"
    ):
        get(server, tmp_path)
    assert files_below(tmp_path) == sorted(f"{i}.wav" for i in range(20) if i != 7)
    server.files, server.requested = CONTENTS, []
    get(server, tmp_path)
    assert server.requested == ["Some tones/7.wav"]


def test_missing_on_the_server(server, tmp_path):
    server.files = {name: body for name, body in CONTENTS.items() if name[11:] not in ("3.wav", "5.wav")}
    with pytest.raises(DatasetNotFoundError, match=r"'wav/[35]\.wav': 404") as error:
        get(server, tmp_path)
    assert "'wav/3.wav': 404" in str(error.value)
    assert "'wav/5.wav': 404" in str(error.value)


def test_a_server_that_refuses_everything_is_not_asked_forever(server, tmp_path):
    with pytest.raises(DatasetNotFoundError) as error:
        get(server, tmp_path)
    assert str(error.value).count("404") == 10


def test_an_interrupted_download_is_resumed(server, tmp_path):
    server.files, server.broken_off = CONTENTS, {"Some tones/11.wav"}
    with pytest.raises(DatasetNotFoundError, match=r"'wav/11\.wav': the connection to http://.* failed"):
        get(server, tmp_path)
    arrived = files_below(tmp_path)
    assert "11.wav" not in arrived
    # Nothing half-written is left, under any name.
    assert set(arrived) <= {file.path[4:] for file in FILES}
    server.broken_off, server.requested = set(), []
    get(server, tmp_path)
    assert sorted(server.requested) == sorted(name for name in CONTENTS if name[11:] not in arrived)


def test_a_file_damaged_in_the_cache_is_fetched_anew(server, tmp_path):
    put(tmp_path / "tones")
    (tmp_path / "tones/wav/4.wav").write_bytes(b"damaged")
    server.files = CONTENTS
    get(server, tmp_path)
    assert server.requested == ["Some tones/4.wav"]


def test_offline(server, tmp_path):
    server.close()
    with pytest.raises(DatasetNotFoundError) as error:
        get(server, tmp_path)
    message = str(error.value)
    assert message.startswith("fetch_tones could not get the files of Tones:\n")
    assert f"{str(tmp_path / 'tones')!r} lacks 20 (wav/0.wav, ...) of 20 files" in message
    assert f"the connection to {server.url} failed" in message
    assert "https://github.com/someone/tones/tree/" in message
    assert "set AUDIOFEAT_DATA to a folder whose folder 'tones' holds them" in message
    assert isinstance(error.value, FileNotFoundError)


def test_no_download_wanted(server, tmp_path):
    server.files = CONTENTS
    with pytest.raises(DatasetNotFoundError, match="download_if_missing=False"):
        get(server, tmp_path, download_if_missing=False)
    assert server.requested == []
    assert files_below(tmp_path) == []


def test_a_folder_that_cannot_be_made(server, touch):
    server.files = CONTENTS
    with pytest.raises(DatasetNotFoundError, match=r"cannot be written"):
        get(server, touch("tones") / "tones")


def test_an_address_that_is_none(tmp_path):
    with pytest.raises(
        ValueError, match=r"fetch_tones got base_url='ftp://x', expected an address that starts with https://"
    ):
        fetch(SOURCE, FILES, data_home=tmp_path, download_if_missing=True, base_url="ftp://x")


@pytest.mark.parametrize("folder", ["tones", "tones_dev"])
def test_the_folder_that_the_variable_names_comes_first(folder, tmp_path, monkeypatch):
    put(tmp_path / folder)
    monkeypatch.setenv("AUDIOFEAT_DATA", str(tmp_path))
    assert get(None, None) == tmp_path / folder
    assert named_folders(SOURCE) == [tmp_path / "tones", tmp_path / "tones_dev"]


def test_an_argument_outranks_the_variable(server, tmp_path, monkeypatch):
    put(tmp_path / "tones")
    monkeypatch.setenv("AUDIOFEAT_DATA", str(tmp_path))
    server.files = CONTENTS
    assert get(server, tmp_path / "home") == tmp_path / "home/tones"


def test_files_changed_by_hand_are_told_not_used(tmp_path, monkeypatch):
    put(tmp_path / "tones")
    (tmp_path / "tones/wav/9.wav").write_bytes(b"denoised")
    monkeypatch.setenv("AUDIOFEAT_DATA", str(tmp_path))
    with pytest.raises(
        DatasetNotFoundError, match=r"contents \(sha256\) of 1 \(wav/9\.wav\) are not the published ones"
    ):
        get(None, None)


def test_what_the_variable_names_in_part_is_looked_for_elsewhere(server, tmp_path, monkeypatch):
    put(tmp_path / "named/tones", names=list(CONTENTS)[:3])
    monkeypatch.setenv("AUDIOFEAT_DATA", str(tmp_path / "named"))
    monkeypatch.setattr("audiofeat.datasets.fetching.default_data_home", lambda: tmp_path / "cache")
    with pytest.raises(
        DatasetNotFoundError, match=r"named/tones', which AUDIOFEAT_DATA names, lacks 17 \(wav/3\.wav, \.\.\.\)"
    ):
        get(server, None, download_if_missing=False)
    server.files = CONTENTS
    assert get(server, None) == tmp_path / "cache/tones"


def test_the_default_cache_is_the_users(tmp_path, monkeypatch):
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / project)
    put(tmp_path / "audiofeat/tones")
    assert get(None, None) == tmp_path / "audiofeat/tones"


@pytest.mark.parametrize(("name", "n_files"), [("cats_dogs.txt", 278), ("fsdd.txt", 3000), ("esc10.txt", 400)])
def test_registries(name, n_files):
    files = read_registry(name, str)
    assert len({file.path for file in files}) == n_files
    assert all(len(file.sha256) == 64 and int(file.sha256, 16) for file in files)
