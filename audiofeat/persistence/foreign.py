"""What a file is that is no model, told by how it begins.

Conventions: signatures are those that the formats themselves fix for their first bytes. None of them can begin a pickle
that loads, so that such a file is refused before any of it is read as one.
"""

import codecs
import zipfile
from pathlib import Path

__all__ = ["foreign_kind", "foreign_text"]

# Where a signature stands, what it is, and of what.
_SIGNATURES = (
    (8, b"WAVE", "a WAV recording"),
    (0, b"fLaC", "a FLAC recording"),
    (0, b"OggS", "an Ogg recording"),
    (0, b"ID3", "an MP3 recording"),
    (8, b"AIFF", "an AIFF recording"),
    (8, b"AIFC", "an AIFF recording"),
    (0, b"caff", "a CAF recording"),
    (4, b"ftyp", "an MP4 file"),
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"\x89HDF", "an HDF5 file, such as Keras writes weights to,"),
    (0, b"PAR1", "a Parquet table"),
    (0, b"SQLite format 3", "an SQLite database, such as a store of features,"),
)
# A line of this length says what a text is [characters].
_SHOWN = 60
_MOST_MEMBERS = 4


def foreign_kind(path: Path) -> str | None:
    """Say what a file is, if it is surely no model.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str or None
        In words, after "is"; None for what may be a model.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from audiofeat.persistence.foreign import foreign_kind
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "song.joblib"
    ...     _ = file.write_bytes(b"fLaC and so forth")
    ...     foreign_kind(file)
    'a FLAC recording'
    """
    with path.open("rb") as file:
        start = file.read(32)
    if not start:
        return "empty"
    for place, signature, kind in _SIGNATURES:
        if start.startswith(signature, place):
            return kind
    # The eleven bits that begin a frame of MPEG audio.
    if start[0] == 0xFF and start[1:2] >= b"\xe0":
        return "an MP3 recording"
    return _foreign_archive(path) if zipfile.is_zipfile(path) else None


def foreign_text(path: Path) -> str | None:
    """Say what a file is that could not be unpickled, if it is text.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str or None
        In words, after "is", with the beginning of the text; None for what is no text, or ends as a pickle in text does.
    """
    with path.open("rb") as file:
        start = file.read(1024)
        file.seek(-1, 2)
        end = file.read()
    try:
        # One that takes the first bytes of a character for the beginning of it.
        text = codecs.getincrementaldecoder("utf-8")().decode(start).strip()
    except UnicodeDecodeError:
        return None
    if not text or end == b"." or any(not (c.isprintable() or c.isspace()) for c in text):
        return None
    line = text.splitlines()[0]
    return f"text that begins {line if len(line) <= _SHOWN else line[:_SHOWN] + '...'!r}"


def _foreign_archive(path: Path) -> str | None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    # What skops writes says its types in this member.
    if "schema.json" in names:
        return None
    more = f" and {len(names) - _MOST_MEMBERS} more" if len(names) > _MOST_MEMBERS else ""
    return f"a zip archive of {', '.join(names[:_MOST_MEMBERS]) or 'nothing'}{more}, not of skops"
