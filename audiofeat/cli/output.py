"""What several commands write, and how they name themselves."""

import shlex
import shutil
import sys
from pathlib import Path

import click

__all__ = ["check_model_file", "predict_line"]

_MODEL_SUFFIXES = (".joblib", ".pkl", ".skops")


def check_model_file(path: str) -> None:
    """Refuse a model file that could not be written in the end.

    Parameters
    ----------
    path : str
        Where it would go.
    """
    file = Path(path)
    if file.suffix not in _MODEL_SUFFIXES:
        raise click.BadParameter(f"got {path!r}; expected a name ending in .joblib or .skops.", param_hint="--output")
    if not file.absolute().parent.is_dir():
        raise click.BadParameter(f"got {path!r}, and there is no such folder. Make it first.", param_hint="--output")
    if file.suffix == ".skops":
        from audiofeat._optional import need

        need("skops.io", extra="skops", by="A .skops file")


def predict_line(model) -> str:
    """Spell out the command that predicts with a model, so that it works when pasted.

    Parameters
    ----------
    model : path-like
        The model file.

    Returns
    -------
    str
        The command.
    """
    return f"{shlex.join([_this_command(), 'predict', str(model)])} RECORDING"


def _this_command() -> str:
    called = Path(sys.argv[0])
    found = shutil.which("audiofeat")
    if called.stem != "audiofeat" or (found and Path(found).resolve() == called.resolve()):
        return "audiofeat"
    here = Path.cwd()
    return str(called.relative_to(here)) if called.is_relative_to(here) else str(called)
