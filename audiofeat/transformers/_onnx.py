"""ONNX models as parts of a recipe: read, told apart by their bytes, and run on one thread.

Conventions: a model is its content, whatever file that came from; two of equal content are one, in comparisons, in cache
keys and in memory.
"""

import os
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import xxhash

from audiofeat._errors import ClipError
from audiofeat._optional import need

__all__ = ["OnnxModel", "read_model", "run_model", "session_of"]

# A tensor kept in a file of its own is marked by an entry with this key (onnx.proto, TensorProto.external_data).
_EXTERNAL_DATA = b"\n\x08location\x12"
# onnxruntime's own log would repeat every exception on stderr; ours say it once.
_LOG_NOTHING = 4


class OnnxModel:
    """The content of an ONNX file.

    Parameters
    ----------
    content : bytes
        The file's bytes.
    by : str
        The class that uses it, for messages.
    extra : str
        The extra that brings the runtime.
    """

    def __init__(self, content: bytes, *, by: str, extra: str):
        self.content = content
        self.by = by
        self.extra = extra

    @cached_property
    def digest(self) -> str:
        """The xxh3-128 digest of the content, in hexadecimal digits."""
        return xxhash.xxh3_128_hexdigest(self.content)

    def __eq__(self, other):
        return isinstance(other, OnnxModel) and other.digest == self.digest

    def __hash__(self):
        return hash(self.digest)

    def __repr__(self):
        # Stands in cache keys.
        return f"OnnxModel({self.digest})"


def read_model(model: str | bytes | os.PathLike, *, by: str, extra: str) -> OnnxModel:
    """Read an ONNX file.

    Parameters
    ----------
    model : path-like or bytes
        Its path, or its content.
    by : str
        Who asks, for messages.
    extra : str
        The extra that brings the runtime.

    Returns
    -------
    OnnxModel
        Its content, not looked at but for weights in other files.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file refers to another one for its weights.
    """
    name = "the bytes given" if isinstance(model, bytes) else str(model)
    if isinstance(model, bytes):
        content = model
    else:
        try:
            content = Path(model).read_bytes()
        except (FileNotFoundError, IsADirectoryError) as exc:
            raise FileNotFoundError(
                f"{by} got model={str(model)!r}, which is no file. Give the path of an ONNX file, or its content as bytes."
            ) from exc
    if _EXTERNAL_DATA in content:
        raise ValueError(
            f"{by} cannot use {name}: it keeps its weights in another file, which neither a pickle nor the cache would "
            "know. Write one file, with torch.onnx.export(..., external_data=False) or onnx.save(onnx.load(path), path_2)."
        )
    return OnnxModel(content, by=by, extra=extra)


@lru_cache(maxsize=8)
def session_of(model: OnnxModel):
    """Give the session of a model: one for all its users in a process, made when it is first needed.

    Parameters
    ----------
    model : OnnxModel
        The model.

    Returns
    -------
    InferenceSession
        On the CPU, with one thread: clips are spread over threads by `n_jobs`.

    Raises
    ------
    MissingExtraError
        If onnxruntime is not installed.
    ValueError
        If it cannot load the content.
    """
    runtime = need("onnxruntime", extra=model.extra, by=model.by)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _LOG_NOTHING
    try:
        return runtime.InferenceSession(model.content, options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # its errors have no common base but this
        raise ValueError(f"{model.by} got a model that onnxruntime cannot load: {_first_line(exc)}") from exc


def run_model(session, output: str, audio: np.ndarray) -> np.ndarray:
    """Run a model of one input.

    Parameters
    ----------
    session : InferenceSession
        The model.
    output : str
        Name of the output wanted.
    audio : ndarray
        The input.

    Returns
    -------
    ndarray
        The output, float32.

    Raises
    ------
    ClipError
        If the model fails, or gives what is not finite.
    """
    try:
        (values,) = session.run([output], {session.get_inputs()[0].name: audio})
    except Exception as exc:  # its errors have no common base but this
        raise ClipError(f"the model fails on input of shape {audio.shape}: {_first_line(exc)}") from exc
    values = np.asarray(values, dtype=np.float32)
    if not np.isfinite(values).all():
        raise ClipError("the model gives NaN or infinite values for it")
    return values


def _first_line(exc: Exception) -> str:
    return str(exc).partition("\n")[0].strip()[:300]
