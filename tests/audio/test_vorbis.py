"""Ogg Vorbis read from its pages: what libsndfile says, or nothing."""

import io
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from audiofeat._errors import ClipError
from audiofeat.audio import files
from audiofeat.audio.files import file_facts
from audiofeat.audio.vorbis import vorbis_facts


def encoded(n_samples=44100, rate=22050, n_channels=1, *, seed=0, **options) -> bytes:
    """Noise that swells and fades, so that an encoder takes short and long blocks."""
    rng = np.random.default_rng(seed)
    swell = np.abs(np.sin(np.arange(n_samples) / (rate / 20))) ** 8
    samples = rng.standard_normal((n_samples, n_channels)) * 0.2 * swell[:, None]
    file = io.BytesIO()
    soundfile.write(file, samples, rate, **{"format": "OGG", "subtype": "VORBIS", **options})
    return file.getvalue()


def of_soundfile(content: bytes) -> tuple[int, int]:
    info = soundfile.info(io.BytesIO(content))
    return info.samplerate, info.frames


def page_starts(content: bytes) -> list[int]:
    starts, at = [], 0
    while at < len(content):
        starts.append(at)
        n_segments = content[at + 26]
        at += 27 + n_segments + sum(content[at + 27 : at + 27 + n_segments])
    return starts


@settings(max_examples=40, derandomize=True, deadline=None)
@given(
    n_samples=st.integers(0, 200_000),
    rate=st.sampled_from([8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000]),
    n_channels=st.integers(1, 3),
    quality=st.sampled_from([0.0, 0.4, 1.0]),
)
def test_what_is_said_is_what_libsndfile_says(n_samples, rate, n_channels, quality):
    content = encoded(n_samples, rate, n_channels, compression_level=quality)
    assert vorbis_facts(content) in (None, of_soundfile(content))


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_five_seconds_are_understood(rate, n_channels):
    content = encoded(5 * rate, rate, n_channels)
    assert vorbis_facts(content) == of_soundfile(content) == (rate, 5 * rate)


def test_real_recordings_are_understood(data_folder):
    paths = sorted((data_folder / "esc10_dev").rglob("*.ogg"))
    assert paths
    for path in paths:
        content = path.read_bytes()
        assert vorbis_facts(content) == of_soundfile(content), path


def changed(content: bytes, at: int, value: bytes) -> bytes:
    return content[:at] + value + content[at + len(value) :]


WHOLE = encoded(5 * 22050)
STARTS = page_starts(WHOLE)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"OggS",
        b"RIFF" + WHOLE[4:],
        WHOLE[:20],
        WHOLE[: STARTS[1]],
        WHOLE[: STARTS[-1]],
        WHOLE[:-1],
        WHOLE[STARTS[1] :],
        WHOLE + b"x",
        WHOLE + WHOLE,
        WHOLE + encoded(5 * 22050, seed=1),
        b"ID3 and more" + WHOLE,
        encoded(5 * 22050, subtype="OPUS", rate=24000),
        encoded(0),
        # A page that is missing, and one that comes twice.
        WHOLE[: STARTS[3]] + WHOLE[STARTS[4] :],
        WHOLE[: STARTS[4]] + WHOLE[STARTS[3] :],
        # Another stream's page; a beginning, and an end, in the middle.
        changed(WHOLE, STARTS[3] + 14, b"abcd"),
        changed(WHOLE, STARTS[3] + 5, b"\x02"),
        changed(WHOLE, STARTS[3] + 5, b"\x04"),
        changed(WHOLE, STARTS[-1] + 5, b"\x00"),
        # Granules that fall, and that do not begin at 0.
        changed(WHOLE, STARTS[-1] + 6, struct.pack("<q", 1)),
        changed(WHOLE, STARTS[2] + 6, struct.pack("<q", 10**6)),
        # A header that is damaged: its magic, its rate, its comments.
        changed(WHOLE, 29, b"V"),
        changed(WHOLE, 28 + 12, struct.pack("<I", 44100)),
        changed(WHOLE, STARTS[1] + 100, b"\x00\x01\x02"),
        # Packets that are none of audio.
        changed(WHOLE, STARTS[2] + 27 + WHOLE[STARTS[2] + 26], b"\x01"),
    ],
    ids=lambda content: f"{len(content)}",
)
def test_nothing_is_said_of_what_is_not_plain(content):
    assert vorbis_facts(content) is None


@settings(max_examples=300, derandomize=True, deadline=None)
@given(at=st.integers(0, STARTS[2] - 1), byte=st.integers(0, 255))
def test_a_damaged_header_is_left_to_libsndfile(at, byte):
    damaged = changed(WHOLE, at, bytes([byte]))
    assert (vorbis_facts(damaged) is None) == (damaged != WHOLE)


@settings(max_examples=500, derandomize=True, deadline=None)
@given(at=st.integers(0, len(WHOLE) - 1), value=st.binary(min_size=1, max_size=3))
def test_whatever_is_damaged_what_is_said_is_what_libsndfile_says(at, value):
    damaged = changed(WHOLE, at, value)[: len(WHOLE)]
    said = vorbis_facts(damaged)
    assert said is None or said == of_soundfile(damaged)


@pytest.mark.parametrize("page", [2, -1], ids=["first page of audio", "last page"])
@pytest.mark.parametrize("field", ["granule", "body"])
def test_a_damaged_beginning_or_end_is_left_to_libsndfile(page, field):
    at = STARTS[page] + (9 if field == "granule" else 200)
    damaged = changed(WHOLE, at, b"\x01\x02")
    assert vorbis_facts(damaged) is None
    assert file_facts(damaged)[:2] == of_soundfile(damaged)


def checksum(page: bytes) -> int:
    """Ogg's checksum, bit by bit: polynomial 0x04c11db7, nothing turned over before or after."""
    rest = 0
    for byte in page:
        rest ^= byte << 24
        for _ in range(8):
            rest = (rest << 1 ^ (0x04C11DB7 if rest & 0x80000000 else 0)) & 0xFFFFFFFF
    return rest


def with_checksums(content: bytes) -> bytes:
    """Let damage look as if it had been meant."""
    starts = page_starts(content)
    for start, stop in zip(starts, [*starts[1:], len(content)], strict=True):
        page = changed(content[start:stop], 22, bytes(4))
        content = changed(content, start + 22, struct.pack("<I", checksum(page)))
    return content


AUDIO = STARTS[2]
# One segment more on the last page of the header, where a packet of audio begins and does not end.
BEGUN_EARLY = (
    changed(WHOLE[:AUDIO], STARTS[1] + 26, bytes([WHOLE[STARTS[1] + 26] + 1]))[: STARTS[1] + 27 + WHOLE[STARTS[1] + 26]]
    + b"\xff"
    + WHOLE[STARTS[1] + 27 + WHOLE[STARTS[1] + 26] : AUDIO]
    + bytes(255)
    + WHOLE[AUDIO:]
)


@pytest.mark.parametrize(
    "content",
    [
        changed(WHOLE, 5, b"\x00"),
        changed(WHOLE, 28 + 7, b"\x01"),
        changed(WHOLE, 28 + 11, b"\x00"),
        changed(WHOLE, 28 + 12, struct.pack("<I", 999)),
        changed(WHOLE, 28 + 12, struct.pack("<I", 400_001)),
        changed(WHOLE, 28 + 28, b"\x8b"),
        changed(WHOLE, 28 + 28, b"\xe8"),
        changed(WHOLE, 28 + 28, b"\xb5"),
        changed(WHOLE, 28 + 29, b"\x00"),
        changed(WHOLE, AUDIO + 5, b"\x01"),
        BEGUN_EARLY,
    ],
    ids=[
        "no beginning",
        "version",
        "no channel",
        "slow",
        "fast",
        "blocks fall",
        "long block",
        "short block",
        "framing",
        "continued",
        "begun early",
    ],
)
def test_nothing_is_said_of_what_is_strange_on_purpose(content):
    assert with_checksums(WHOLE) == WHOLE
    assert vorbis_facts(with_checksums(content)) is None


@settings(max_examples=200, derandomize=True, deadline=None)
@given(content=st.binary(max_size=200))
def test_no_content_is_too_strange(content):
    assert vorbis_facts(content) is None
    assert vorbis_facts(b"OggS\x00\x02" + content) is None
    assert vorbis_facts(WHOLE[: STARTS[1]] + content) is None


def test_facts_come_without_a_decoder(tmp_path, monkeypatch):
    (tmp_path / "bird.ogg").write_bytes(WHOLE)
    expected = of_soundfile(WHOLE)
    monkeypatch.setattr(files, "_header", lambda _: pytest.fail("opened"))
    assert file_facts(str(tmp_path / "bird.ogg"))[:2] == file_facts(WHOLE)[:2] == expected


@pytest.mark.parametrize("n_samples", [1, 100, 3000])
def test_short_ones_are_left_to_libsndfile(n_samples):
    content = encoded(n_samples)
    assert vorbis_facts(content) is None
    assert file_facts(content).n_samples == n_samples


def test_one_that_is_damaged_is_refused(tmp_path):
    path = tmp_path / "bird.ogg"
    path.write_bytes(changed(WHOLE, STARTS[1] + 200, bytes(2000)))
    with pytest.raises(ClipError, match="not audio that soundfile can read"):
        file_facts(str(path))
