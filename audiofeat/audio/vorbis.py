"""Sample rate and length of Ogg Vorbis, read from its pages.

libsndfile prepares the decoder before it tells them, which takes a tenth of the time that decoding five seconds takes, and
every recording is asked for them once more than it is decoded. What is read here is what libsndfile says; where that is not
certain, nothing is said, and libsndfile is to be asked.

Conventions: names and numbers are those of RFC 3533 (pages) and of the Vorbis I specification (packets).
"""

import struct
import zlib
from itertools import accumulate, pairwise
from typing import NamedTuple

__all__ = ["vorbis_facts"]

_PAGE = struct.Struct("<4sBBqIIIB")
_IDENTIFICATION = struct.Struct("<7sIBIiiiBB")
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_RATES = range(1000, 400_001)
# zlib's checksum takes the bits of a byte in the other order, and so do its results.
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

# A packet's first byte: 2 if it is none of audio, else the number of its mode. There are two modes wherever we look, the
# second for long blocks; if there were others, the sum of the blocks would not be the one that the page names.
_KINDS = bytes(2 if byte & 1 else byte >> 1 & 1 for byte in range(256))


class _Page(NamedTuple):
    """A page: its header's fields, where it lies, and the lengths of its segments."""

    flags: int
    granule: int
    serial: int
    sequence: int
    checksum: int
    start: int
    body: int
    stop: int
    lacing: bytes


def vorbis_facts(content: bytes) -> tuple[int, int] | None:
    """Read sample rate and length.

    Parameters
    ----------
    content : bytes
        The whole file.

    Returns
    -------
    tuple of (int, int) or None
        Sample rate [Hz] and number of samples; None unless this is one unbroken stream of Vorbis with a plain beginning and
        end.
    """
    pages = _pages(content) if content.startswith(b"OggS") else None
    if pages is None:
        return None
    identification = _identification(content, pages[0])
    n_headers = _header_pages(pages)
    # A stream whose first page of audio is its last may end, or begin, within a block.
    if identification is None or n_headers is None or len(pages) < n_headers + 2:
        return None
    rate, blocks = identification
    first, last = pages[n_headers], pages[-1]
    # Cut from a longer one, a stream begins at another sample than 0.
    if first.granule != _decoded_samples(content, first, blocks) or not _granules_rise(pages[n_headers:]):
        return None
    # Where these are damaged libsndfile finds another beginning or end, and no end at all if the header is. Damage between
    # changes neither rate nor length.
    if not all(_is_whole(content, page) for page in (*pages[: n_headers + 1], last)):
        return None
    return rate, last.granule


def _pages(content: bytes) -> list[_Page] | None:
    """All pages, if they are those of one stream, numbered without a gap from its beginning to its end."""
    pages: list[_Page] = []
    start = 0
    while start < len(content):
        if start + _PAGE.size > len(content):
            return None
        magic, version, flags, granule, serial, sequence, checksum, n_segments = _PAGE.unpack_from(content, start)
        body = start + _PAGE.size + n_segments
        lacing = content[start + _PAGE.size : body]
        stop = body + sum(lacing)
        if magic != b"OggS" or version or sequence != len(pages) or stop > len(content):
            return None
        if pages and (serial != pages[0].serial or flags & _FIRST or pages[-1].flags & _LAST):
            return None
        pages.append(_Page(flags, granule, serial, sequence, checksum, start, body, stop, lacing))
        start = stop
    return pages if pages[0].flags == _FIRST and pages[-1].flags & _LAST else None


def _identification(content: bytes, page: _Page) -> tuple[int, tuple[int, int]] | None:
    """Sample rate, and the lengths of short and long blocks, of the first page's only packet."""
    if page.lacing != bytes([_IDENTIFICATION.size]):
        return None
    magic, version, n_channels, rate, _, _, _, sizes, framing = _IDENTIFICATION.unpack_from(content, page.body)
    blocks = 1 << (sizes & 15), 1 << (sizes >> 4)
    if magic != b"\x01vorbis" or version or not n_channels or rate not in _RATES or framing != 1:
        return None
    return (rate, blocks) if 64 <= blocks[0] <= blocks[1] <= 8192 else None


def _header_pages(pages: list[_Page]) -> int | None:
    """How many pages hold the three packets of the header, if the audio begins on a page of its own."""
    n_packets = 0
    for number, page in enumerate(pages, 1):
        n_packets += sum(length < 255 for length in page.lacing)
        if n_packets >= 3:
            return number if n_packets == 3 and page.lacing[-1] < 255 else None
    return None


def _decoded_samples(content: bytes, page: _Page, blocks: tuple[int, int]) -> int | None:
    """Samples that the packets give that end on the first page of audio."""
    ends = [stop for stop, length in zip(accumulate(page.lacing), page.lacing, strict=True) if length < 255]
    if page.flags & _CONTINUED or not ends:
        return None
    kinds = bytes([content[page.body + start] for start in (0, *ends[:-1])]).translate(_KINDS)
    if max(kinds) > 1:
        return None
    lengths = [blocks[kind] for kind in kinds]
    # Neighbours overlap by half of each, and nothing comes out before the second.
    return (2 * sum(lengths) - lengths[0] - lengths[-1]) // 4


def _granules_rise(pages: list[_Page]) -> bool:
    """Whether the pages' last samples follow each other; pages on which no packet ends say -1."""
    granules = [page.granule for page in pages if page.granule != -1]
    return pages[-1].granule != -1 and all(a < b for a, b in pairwise(granules))


def _is_whole(content: bytes, page: _Page) -> bool:
    header = content[page.start : page.start + 22] + bytes(4) + content[page.start + 26 : page.body]
    mirrored = (header + content[page.body : page.stop]).translate(_MIRRORED)
    # Ogg's checksum begins with 0 and ends as it is, where zlib turns all bits over before and after.
    checksum = zlib.crc32(mirrored, 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(checksum.to_bytes(4, "little").translate(_MIRRORED), "big") == page.checksum
