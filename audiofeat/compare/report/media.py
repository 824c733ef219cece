"""Pictures and sounds as parts of a page: data URIs, each of bounded size."""

import io
import struct
import warnings
from base64 import b64encode

import numpy as np
import soundfile

from audiofeat.audio.files import resample
from audiofeat.compare.report.markup import Markup, tag

__all__ = ["audio_player", "picture"]

_DPI = 110
# More than this nobody needs to hear to see why a clip was mistaken for another [s].
_LONGEST = 5.0
_HIGHEST_RATE = 22050


def picture(figure, alt: str, *, wide: bool = False) -> Markup:
    """Make a picture of a figure.

    Parameters
    ----------
    figure : matplotlib Figure
        The figure.
    alt : str
        What it shows, for those who cannot see it.
    wide : bool, default=False
        Whether it keeps its size where the page is narrower, and scrolls.

    Returns
    -------
    Markup
        The image.
    """
    file = io.BytesIO()
    # Without its own metadata, the same figure is the same bytes.
    with warnings.catch_warnings():
        # Names in a script that the font lacks stand as text beside the picture.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(file, format="png", dpi=_DPI, bbox_inches="tight", metadata={"Software": None})
    content = file.getvalue()
    # The header of a PNG has its size at a fixed place.
    width, height = struct.unpack(">II", content[16:24])
    return tag(
        "img",
        src=_data_uri("image/png", content),
        alt=alt,
        width=width,
        height=height,
        class_="large" if wide else None,
    )


def audio_player(samples: np.ndarray, rate: int, name: str) -> tuple[Markup, float]:
    """Make a player of a clip, or of its beginning.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
        The clip.
    rate : int
        Its sample rate [Hz].
    name : str
        What to call it for those who cannot see the page.

    Returns
    -------
    player : Markup
        The player.
    seconds : float
        How much of the clip it plays [s].
    """
    excerpt = samples[: round(_LONGEST * rate)]
    if rate > _HIGHEST_RATE:
        excerpt, rate = resample(np.ascontiguousarray(excerpt, dtype=np.float32), rate, _HIGHEST_RATE), _HIGHEST_RATE
    file = io.BytesIO()
    soundfile.write(file, np.clip(excerpt, -1, 1), rate, format="FLAC", subtype="PCM_16")
    player = tag(
        "audio", controls=True, preload="none", src=_data_uri("audio/flac", file.getvalue()), aria_label=f"Play {name}"
    )
    return player, len(excerpt) / rate


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{b64encode(content).decode()}"
