"""One clip to draw, from whatever a user has."""

from sklearn.base import clone

from audiofeat._errors import AudioInputError, ClipError
from audiofeat.audio import AudioBatch
from audiofeat.transformers import AudioLoader

__all__ = ["decoded", "one_clip"]


def one_clip(clip, loader, *, by: str) -> AudioBatch:
    """Turn a clip into a batch of one.

    Parameters
    ----------
    clip : path, bytes, file object, 1-D array, (rate, array) pair, or AudioBatch or DataFrame of one clip
        The clip.
    loader : AudioLoader or None
        How to load it; None leaves rate and length as they are.
    by : str
        Who asks, for messages.

    Returns
    -------
    AudioBatch
        With one clip.
    """
    if isinstance(clip, AudioBatch) or hasattr(clip, "columns"):
        if len(clip) != 1:
            raise ValueError(
                f"{by} draws one clip, but got {type(clip).__name__} of {len(clip)}. Take one with clips[i : i + 1]."
            )
        clips = clip
    else:
        clips = [clip]
    if loader is None:
        return clip if isinstance(clip, AudioBatch) else AudioLoader(sample_rate=None).fit_transform(clips)
    # A fitted loader has a rate that the clip must meet as any new recording must.
    return loader.transform(clips) if hasattr(loader, "sample_rate_") else clone(loader).fit_transform(clips)


def decoded(batch: AudioBatch, *, by: str):
    """Samples of the one clip, and how many of them come from the recording.

    Parameters
    ----------
    batch : AudioBatch
        Of one clip.
    by : str
        Who asks, for messages.

    Returns
    -------
    samples : ndarray of shape (n_samples,)
        With padding.
    n_valid : int
        Samples before the padding.
    """
    try:
        valid = batch.valid(0)
    except ClipError as exc:
        raise AudioInputError(by, [batch.problem(0, str(exc))], n_clips=1) from exc
    return batch.settings.padded(valid), len(valid)
