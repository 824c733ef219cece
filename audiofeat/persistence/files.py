"""Writing a model to a file, with its provenance, and reading it back.

Conventions: a joblib file ends with the provenance as JSON, its length in 8 bytes (little-endian) and a mark, all of which
`joblib.load` does not reach; a skops file, which is a zip archive, has it as one more member. So it can be read, and
versions compared, before anything is unpickled.
"""

import os
import pickle
import warnings
import zipfile
from contextlib import contextmanager
from pathlib import Path

import joblib
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.utils.validation import check_is_fitted

from audiofeat._errors import MissingExtraError, ModelLoadError, ModelVersionWarning
from audiofeat._optional import need
from audiofeat.neural.network import Network
from audiofeat.persistence.anatomy import parts, without_store
from audiofeat.persistence.foreign import foreign_kind, foreign_text
from audiofeat.persistence.provenance import Provenance, record
from audiofeat.persistence.trust import check_architecture, trusted_types
from audiofeat.transformers._onnx import OnnxModel, read_model

__all__ = ["load_model", "read_provenance", "save_model", "writing"]

_PICKLED = (".joblib", ".pkl", ".pickle")
_MARK = b"\naudiofeat provenance 1\n"
_MEMBER = "audiofeat_provenance.json"
# More than this is no provenance, whatever a damaged length says [bytes].
_LONGEST = 16 * 1024 * 1024


def save_model(model, path, X=None, y=None):
    """Write a fitted model to a file, with a record of how it came to be.

    Choose ``.joblib`` for your own use and ``.skops`` for a model that others load: a joblib file can run any code when it
    is loaded, a skops file holds data only.

    Parameters
    ----------
    model : estimator
        A fitted pipeline, or any other fitted estimator.
    path : path-like
        The file, whose name ends in ``.joblib``, ``.pkl`` or ``.skops``. An existing one is replaced, whole or not at all.
    X : sequence, 2-D array or DataFrame of n_clips, default=None
        The recordings that the model was fitted on, for the record: their number and digest are kept, nothing else.
    y : array-like of shape (n_clips,) or None, default=None
        Their labels, for the record.

    Returns
    -------
    Provenance
        The record.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If it is no estimator, or holds something that skops cannot write.
    ValueError
        If the file's name has another ending.
    MissingExtraError
        For a ``.skops`` file without skops installed.

    See Also
    --------
    load_model : Read it back.
    model_card : Say in words what the model is.

    Notes
    -----
    A joblib file is also an ordinary one, for ``joblib.load``. The store of features that an `AudioLoader` was given
    (`memory`) stays behind: it belongs to this machine, and the loaded model has none.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from audiofeat import MFCC, AudioLoader, datasets, load_model, save_model
    >>> calls = datasets.make_animal_calls(8, random_state=0)
    >>> model = make_pipeline(AudioLoader(sample_rate=16000), MFCC(), GaussianNB()).fit(calls.data, calls.target)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "model.joblib"
    ...     provenance = save_model(model, path, calls.data, calls.target)
    ...     loaded = load_model(path)
    >>> provenance.clips_per_class
    {'cat': 4, 'dog': 4}
    >>> bool((loaded.predict(calls.data) == model.predict(calls.data)).all())
    True
    """
    path = Path(path)
    _check_model(model)
    if path.suffix not in (*_PICKLED, ".skops"):
        raise ValueError(
            f"save_model got {str(path)!r}; expected a name ending in .joblib, .pkl or .skops, which says how to write it."
        )
    provenance = record(model, X, y)
    model = without_store(model)
    note = provenance.to_json().encode()
    if path.suffix == ".skops":
        skops = need("skops.io", extra="skops", by="save_model")
        try:
            content = skops.dumps(model, compression=zipfile.ZIP_DEFLATED)
        except (TypeError, ValueError, AttributeError, RecursionError, pickle.PicklingError) as exc:
            raise TypeError(
                f"save_model cannot write this {type(model).__name__} as data: {exc} "
                "Save it as .joblib, or set the parameter that holds it (callbacks, an optimizer) to None first."
            ) from exc
        with writing(path) as file:
            file.write(content)
            with zipfile.ZipFile(file, "a", compression=zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(_MEMBER, note)
        return provenance
    with writing(path) as file:
        joblib.dump(model, file)
        file.write(note + len(note).to_bytes(8, "little") + _MARK)
    return provenance


def load_model(path, *, trusted=()):
    """Read a model from a file.

    .. warning:: A joblib or pickle file can run any code when it is loaded. Load only those that you trust. A file named
       ``.skops`` is data, whoever made it.

    Parameters
    ----------
    path : path-like
        The file, written by `save_model`, `joblib.dump` or `skops.io.dump`.
    trusted : sequence of str, default=()
        Types in a skops file that you trust beyond `trusted_types`, by module and name.

    Returns
    -------
    estimator
        The model.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file, or it is a folder.
    ModelLoadError
        If the file is no model, or holds types that are not trusted, or does not load: the message says which versions it
        was saved with, and what to do.

    Warns
    -----
    ModelVersionWarning
        If a package whose version matters has another one than when the model was saved.

    See Also
    --------
    save_model : Write it.
    read_provenance : Read how it came to be, without loading it.

    Examples
    --------
    >>> from audiofeat import load_model
    >>> load_model("no_such.joblib")
    Traceback (most recent call last):
        ...
    FileNotFoundError: load_model got 'no_such.joblib', and there is no such file.
    """
    path = Path(path)
    if isinstance(trusted, str):
        raise TypeError(f"load_model got trusted={trusted!r}; expected a list of names: trusted=[{trusted!r}].")
    kind = _kind(path, by="load_model")
    provenance = _provenance(path, kind)
    differences = [] if provenance is None else provenance.differences()
    with warnings.catch_warnings():
        if provenance is not None:
            # One warning in words takes the place of scikit-learn's one an estimator.
            warnings.simplefilter("ignore", InconsistentVersionWarning)
        if kind == "skops":
            model = _read_skops(path, trusted, differences)
        else:
            try:
                model = joblib.load(path)
            except MissingExtraError:
                raise
            except Exception as exc:
                # What a pickle of another version makes of the classes of this one is anything at all.
                raise ModelLoadError(_why_not(path, exc, differences)) from exc
    _check_loaded(model, path)
    if differences:
        warnings.warn(f"{path} {_in_words(differences)}", ModelVersionWarning, stacklevel=2)
    return model


def read_provenance(path):
    """Read how a model came to be, without loading the model: nothing in the file is run.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    Provenance or None
        The record; None if the file has none, because something other than `save_model` wrote it.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file, or it is a folder.
    ModelLoadError
        If the record is damaged, or the file is of another kind, such as a recording, or named ``.skops`` and none.
    """
    path = Path(path)
    return _provenance(path, _kind(path, by="read_provenance"))


@contextmanager
def writing(path):
    """Write a file that replaces the one of its name when it is whole.

    Parameters
    ----------
    path : path-like
        The file.

    Yields
    ------
    binary file
        Beside it, under another name.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {str(path.parent)!r} to write {path.name} to. Make it first.")
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _check_model(model) -> None:
    if not _is_estimator(model):
        hint = " Pass its attribute best_estimator." if hasattr(model, "best_estimator") else ""
        raise TypeError(f"save_model got {model!r}; expected a fitted pipeline or another fitted estimator.{hint}")
    try:
        check_is_fitted(model)
    except NotFittedError as exc:
        raise NotFittedError(
            f"save_model got a {type(model).__name__} that is not fitted; expected a fitted one. Call fit first."
        ) from exc


def _check_loaded(model, path: Path) -> None:
    if _is_estimator(model) or (hasattr(model, "predict") and not isinstance(model, type)):
        return
    kind = f"the class {model.__name__}" if isinstance(model, type) else f"an object of type {type(model).__name__}"
    hint = " Save its attribute best_estimator." if hasattr(model, "best_estimator") else ""
    raise ModelLoadError(
        f"{path} holds {kind}; expected an estimator, such as a fitted pipeline.{hint or ' Save that with save_model.'}"
    )


def _is_estimator(model) -> bool:
    return hasattr(model, "get_params") and not isinstance(model, type)


def _kind(path: Path, *, by: str) -> str:
    """Tell whether a file is to be read as "skops" or as "joblib"."""
    if path.is_dir():
        raise IsADirectoryError(
            f"{by} got {str(path)!r}, which is a folder; expected a file, such as model.joblib in it."
        )
    if not path.is_file():
        raise FileNotFoundError(f"{by} got {str(path)!r}, and there is no such file.")
    if (foreign := foreign_kind(path)) is not None:
        raise ModelLoadError(_is_foreign(path, foreign))
    if zipfile.is_zipfile(path):
        return "skops"
    if path.suffix == ".skops":
        # Whoever names a file .skops counts on it that no code is run.
        raise ModelLoadError(
            f"{path} is named .skops but is no skops file. If it is a pickle from somebody you trust, rename it to .joblib."
        )
    return "joblib"


def _provenance(path: Path, kind: str) -> Provenance | None:
    try:
        if kind == "skops":
            with zipfile.ZipFile(path) as archive:
                note = archive.read(_MEMBER) if _MEMBER in archive.namelist() else None
        else:
            note = _last_words(path)
        return None if note is None else Provenance.from_json(note)
    except (ValueError, zipfile.BadZipFile) as exc:
        raise ModelLoadError(f"{path} is damaged: its provenance cannot be read ({exc}). Get the file anew.") from exc


def _last_words(path: Path) -> bytes | None:
    """The provenance at the end of a joblib file."""
    tail = len(_MARK) + 8
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if size < tail:
            return None
        file.seek(size - tail)
        length = int.from_bytes(file.read(8), "little")
        if file.read() != _MARK:
            return None
        if not 0 < length <= min(size - tail, _LONGEST):
            raise ValueError(f"it claims a length of {length} bytes")
        file.seek(size - tail - length)
        return file.read(length)


def _read_skops(path: Path, trusted, differences):
    skops = need("skops.io", extra="skops", by="load_model")
    named = [kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}" for kind in trusted]
    known = {*trusted_types(), *named}
    try:
        strange = sorted(set(skops.get_untrusted_types(file=path)) - known)
        if not strange:
            model = skops.load(path, trusted=sorted(known))
    except Exception as exc:
        raise ModelLoadError(_why_not(path, exc, differences)) from exc
    if strange:
        raise ModelLoadError(
            f"{path} holds types that load_model does not trust: {', '.join(strange)}. A file made with ill intent could "
            f"do harm through them. If you know them and where the file comes from, pass trusted={strange!r}."
        )
    for part in parts(model):
        if isinstance(part, Network):
            check_architecture(part.__getstate__()["architecture"], named, source=str(path))
        elif isinstance(part, OnnxModel):
            # As the extractor did when it read the model: weights in another file would be read from there.
            read_model(part.content, by=f"{path}, which holds an ONNX model", extra=part.extra)
    # What comes from elsewhere names no folder to write to.
    return without_store(model)


def _why_not(path: Path, exc: Exception, differences) -> str:
    """Say why a model does not load, and with what it would."""
    said = f"{type(exc).__name__}: {exc}"
    if (text := foreign_text(path)) is not None:
        return _is_foreign(path, text)
    if _is_cut_off(exc):
        return f"{path} ends in the middle of the model ({said}). Get the file anew, or save the model again."
    if isinstance(exc, ModuleNotFoundError) and not (exc.name or "").startswith(("audiofeat.", "sklearn.")):
        return (
            f"{path} cannot be loaded, because it needs the module {exc.name}, which is not here. Install it, or put it "
            "where Python finds it."
        )
    if differences:
        return f"{path} cannot be loaded ({said}). It {_in_words(differences)}"
    if isinstance(exc, (ModuleNotFoundError, AttributeError)):
        # Names that are not there any more: another version, though nobody wrote down which.
        return (
            f"{path} cannot be loaded ({said}). It was probably saved by another version of that package, or it holds a "
            "function or class of the script that saved it; put that into a module that can be imported here."
        )
    return f"{path} is no model that can be loaded ({said}). Get the file anew, or fit the model again."


def _is_foreign(path: Path, kind: str) -> str:
    return f"{path} is {kind}; expected a model that save_model, joblib or skops wrote."


def _is_cut_off(exc: Exception) -> bool:
    # The unpickler, joblib's arrays and zlib each say it in their own way.
    return isinstance(exc, EOFError) or any(words in str(exc) for words in ("EOF: ", "truncated", "exhausted"))


def _in_words(differences) -> str:
    then = ", ".join(f"{name} {version}" for name, version, *_ in differences)
    now = ", ".join(f"{version or 'no ' + name}" for name, _, version, _ in differences)
    consequences = "; ".join(dict.fromkeys(f"{name}: {consequence}" for name, _, _, consequence in differences))
    wanted = " ".join(f"'{name}=={version}'" for name, version, *_ in differences if name != "audiofeat")
    cure = f"install {wanted}" if wanted else "use that version of audiofeat"
    return f"was saved with {then}, and here is {now} ({consequences}). Fit the model again, or {cure}."
