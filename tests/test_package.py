"""The package as a whole: what importing it costs, its floors, its names, and whether the documentation tells the truth."""

import ast
import configparser
import inspect
import math
import pickle
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import numpy as np
import pytest

import audiofeat
from audiofeat._errors import AudioInputError, ClipProblem, MissingExtraError
from audiofeat._optional import need

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "audiofeat").rglob("*.py"))
MODULES = [module.name for module in walk_packages(audiofeat.__path__, "audiofeat.")]
# Where public names live: the flat ones, and the submodules a user may go into.
NAMESPACES = ["audiofeat", "audiofeat.dsp", "audiofeat.datasets"]


def imported_by(statement):
    """Modules that a statement brings in, in a process of its own that has numpy."""
    code = f"import sys, numpy; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return {name.partition(".")[0] for name in run.stdout.split()}


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import audiofeat", "keras matplotlib librosa pandas numba tensorflow torch jax scipy sklearn soundfile soxr"),
        ("import audiofeat; dir(audiofeat)", "keras matplotlib librosa pandas numba tensorflow torch jax sklearn"),
        ("import audiofeat.dsp", "keras matplotlib librosa pandas numba tensorflow torch jax sklearn soundfile"),
        ("import audiofeat.transformers", "keras matplotlib librosa numba tensorflow torch jax"),
        ("from audiofeat import CNNClassifier", "keras matplotlib librosa numba tensorflow torch jax"),
        (
            "from audiofeat import SpectrogramDisplay, HistoryDisplay",
            "keras matplotlib librosa numba tensorflow torch jax",
        ),
        ("from audiofeat import datasets, compare_features", "keras matplotlib librosa numba tensorflow torch jax"),
        ("import audiofeat.cli", "keras matplotlib librosa numba tensorflow torch jax"),
    ],
)
def test_imports_are_light(statement, unwanted):
    found = imported_by(statement)
    assert "audiofeat" in found
    assert not found & set(unwanted.split())


def test_floors():
    pytest.importorskip("importlinter", reason="import-linter is not installed: the floors go unchecked")
    command = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([command, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    contracts = [name for name in read_setup() if name.startswith("importlinter:contract:")]
    assert f"{len(contracts)} kept, 0 broken" in run.stdout


def read_setup():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    return config.sections()


def private(name):
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def private_sklearn_names(tree):
    """Private names of scikit-learn that a module imports or reaches for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            dotted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            dotted = [f"{node.module}.{alias.name}" for alias in node.names] if not node.level else []
        elif isinstance(node, ast.Attribute):
            dotted = [ast.unparse(node)]
        else:
            continue
        for name in dotted:
            if name.startswith("sklearn.") and any(private(part) for part in name.split(".")):
                yield name


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_one_door_to_private_names(source):
    found = set(private_sklearn_names(ast.parse(source.read_text())))
    if source == ROOT / "audiofeat" / "_sklearn.py":
        assert found, "the check recognises what it looks for"
    else:
        assert not found


@pytest.mark.parametrize("module", MODULES)
def test_modules_say_what_they_are_and_export_what_they_have(module):
    module = import_module(module)
    assert len(module.__doc__ or "") > 20
    assert "Placeholder" not in module.__doc__
    exported = getattr(module, "__all__", [])
    assert [name for name in exported if not hasattr(module, name)] == []
    assert len(set(exported)) == len(exported)


def test_public_names_resolve_and_are_listed():
    assert set(audiofeat.__all__) <= set(dir(audiofeat))
    for name in audiofeat.__all__:
        assert getattr(audiofeat, name) is not None
    with pytest.raises(AttributeError, match="module 'audiofeat' has no attribute 'nothing'"):
        _ = audiofeat.nothing


def public_objects():
    """Every public class, its public methods, and every public function, by dotted name."""
    for namespace in NAMESPACES:
        module = import_module(namespace)
        for name in module.__all__:
            value = getattr(module, name)
            if not (inspect.isclass(value) or inspect.isfunction(value)):
                continue
            yield f"{namespace}.{name}", value
            for attribute in dir(value) if inspect.isclass(value) else ():
                member = inspect.getattr_static(value, attribute)
                member = (
                    getattr(member, "__func__", None)
                    or getattr(member, "fget", None)
                    or getattr(member, "func", member)
                )
                # What comes from scikit-learn or Python is documented there.
                if not attribute.startswith("_") and getattr(member, "__module__", "").startswith("audiofeat"):
                    member = inspect.unwrap(member) if callable(member) else member
                    yield f"{namespace}.{name}.{attribute}", member


PUBLIC = dict(public_objects())


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_have_docstrings(name):
    assert len(inspect.getdoc(PUBLIC[name]) or "") > 10


def parameters_section(docstring):
    """Names and types that a numpydoc docstring gives the parameters: ``{"n_fft": "int, default=2048"}``."""
    match = re.search(r"^Parameters\n-+\n(.*?)(?=^\S[^\n]*\n-+\n|\Z)", docstring, flags=re.DOTALL | re.MULTILINE)
    found = {}
    for line in match[1].splitlines() if match else ():
        if line and not line.startswith(" "):
            names, _, kind = line.partition(" : ")
            found.update(dict.fromkeys((name.strip("* ") for name in names.split(",")), kind))
    return found


def with_parameters():
    for name, value in PUBLIC.items():
        if isinstance(value, property) or not callable(value):
            continue
        documented = parameters_section(inspect.getdoc(value) or "")
        if documented:
            yield name, inspect.signature(value), documented


CALLABLES = list(with_parameters())


@pytest.mark.parametrize(("name", "signature", "documented"), CALLABLES, ids=[name for name, *_ in CALLABLES])
def test_documented_defaults_are_the_signatures(name, signature, documented):
    parameters = {name: p for name, p in signature.parameters.items() if name not in ("self", "cls")}
    assert list(documented) == list(parameters), "documented in another order, or not at all"
    scope = {"inf": math.inf, "float64": np.float64, **vars(sys.modules[PUBLIC[name].__module__])}
    for parameter in parameters.values():
        kind = documented[parameter.name]
        stated = re.search(r"default=(.+)$", kind)
        if parameter.default is inspect.Parameter.empty:
            assert not stated, parameter.name
        elif kind and not (kind == "None" and parameter.default is None):
            # "y : None" is scikit-learn's way to say that a parameter is ignored.
            assert stated, f"{parameter.name} : {kind}"
            assert eval(stated[1], scope) == parameter.default, f"{parameter.name} : {kind}"


def test_most_of_the_public_names_were_looked_at():
    estimators = [name for name in audiofeat.__all__ if hasattr(getattr(audiofeat, name), "get_params")]
    checked = {name for name, *_ in CALLABLES}
    assert {f"audiofeat.{name}" for name in estimators} <= checked
    assert len(estimators) >= 9
    assert len(checked) > 50


def test_errors_come_back_whole_from_another_process():
    error = AudioInputError("MFCC", [ClipProblem(3, "a.wav", "no such file")], n_clips=5, advice="Look for it.")
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error) == "MFCC cannot use 1 of 5 clips:\n  clip 3 (a.wav): no such file\nLook for it."
    assert (copy.problems, copy.n_clips, copy.by, copy.advice) == (error.problems, 5, "MFCC", "Look for it.")


def test_a_missing_extra_is_named():
    with pytest.raises(
        MissingExtraError, match=r"Thing needs not_there, which is not installed\. Install it with `pip"
    ):
        need("not_there.inside", extra="cnn", by="Thing")


def test_a_module_missing_inside_an_installed_one_speaks_for_itself():
    with pytest.raises(ModuleNotFoundError, match=r"json\.not_there") as caught:
        need("json.not_there", extra="cnn", by="Thing")
    assert not isinstance(caught.value, MissingExtraError)
