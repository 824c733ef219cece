"""A skops file runs no code: what is not known to be harmless is refused by name."""

import io
import json
import os
import re
import subprocess
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from audiofeat import ModelLoadError, load_model, save_model, trusted_types
from audiofeat.persistence.trust import check_architecture

skops = pytest.importorskip("skops.io", reason="skops is not installed: no files without code")

TREE = "sklearn.tree._tree.Tree"
GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "saving.rst"


@pytest.fixture
def table(rng):
    return rng.standard_normal((20, 3)), np.tile(["a", "b"], 10)


@pytest.mark.parametrize("harm", [os.system, partial(os.mkdir, "x"), subprocess.Popen, exec, np.fromfile])
def test_functions_are_refused_by_name(table, tmp_path, harm):
    model = make_pipeline(FunctionTransformer(harm, validate=False), GaussianNB())
    model.steps[1][1].fit(*table)
    skops.dump(model, tmp_path / "model.skops")
    function = harm.func if isinstance(harm, partial) else harm
    with pytest.raises(ModelLoadError, match=rf"does not trust: .*{function.__name__}"):
        load_model(tmp_path / "model.skops")


def test_types_that_the_caller_trusts(table, tmp_path):
    model = RandomForestClassifier(3, random_state=0).fit(*table)
    save_model(model, tmp_path / "model.skops")
    with pytest.raises(ModelLoadError, match=rf"does not trust: {TREE}.*pass trusted=\['{TREE}'\]"):
        load_model(tmp_path / "model.skops")
    loaded = load_model(tmp_path / "model.skops", trusted=[TREE])
    assert loaded.predict(table[0]).tolist() == model.predict(table[0]).tolist()
    with pytest.raises(TypeError, match=r"expected a list of names: trusted=\["):
        load_model(tmp_path / "model.skops", trusted=TREE)


@pytest.mark.parametrize(
    "model",
    [
        DecisionTreeClassifier(),
        RandomForestClassifier(3),
        ExtraTreesClassifier(3),
        GradientBoostingClassifier(n_estimators=2),
        AdaBoostClassifier(n_estimators=2),
        BaggingClassifier(n_estimators=2),
        HistGradientBoostingClassifier(max_iter=2),
        KNeighborsClassifier(),
    ],
    ids=lambda model: type(model).__name__,
)
def test_models_with_compiled_parts_travel_as_the_guide_says(table, tmp_path, model):
    # What stands in the guide for a kind of model is what its file takes, no more and no less.
    listed = re.findall(r"^(``sklearn.*)\n((?:   .*\n)+)", GUIDE.read_text("utf-8"), re.MULTILINE)
    named = {kind: _code(types) for types, kinds in listed for kind in _code(kinds)}
    model = clone(model).set_params(**{"random_state": 0} if "random_state" in model.get_params() else {}).fit(*table)
    save_model(model, tmp_path / "model.skops")
    needed = named[type(model).__name__]
    for missing in needed:
        with pytest.raises(ModelLoadError, match=f"does not trust: {missing}\\. "):
            load_model(tmp_path / "model.skops", trusted=[name for name in needed if name != missing])
    loaded = load_model(tmp_path / "model.skops", trusted=needed)
    np.testing.assert_array_equal(loaded.predict_proba(table[0]), model.predict_proba(table[0]))


def _code(text):
    return re.findall("``(.+?)``", text)


def test_trusted_types_exist_and_their_constructors_only_store():
    names = trusted_types()
    assert len(names) > 25
    for name in names:
        module, _, kind = name.rpartition(".")
        assert isinstance(getattr(__import__(module, fromlist=[kind]), kind), type), name


def architecture_of(network):
    return network[-1]._network.__getstate__()["architecture"]


def test_networks_of_this_project_are_trusted(network):
    check_architecture(architecture_of(network), source="here")


@pytest.mark.parametrize("architecture", ["small", "tutorial"])
def test_layers_of_our_architectures_are_trusted(architecture):
    from audiofeat.neural.architectures import ARCHITECTURES

    check_architecture(ARCHITECTURES[architecture]((16, 16, 1), 2).to_json(), source="here")


def test_ordinary_networks_of_users_are_trusted():
    from audiofeat.neural.backend import load_keras

    keras = load_keras(by="test")
    layers = keras.layers
    maps = layers.Input((8, 10, 1))
    hidden = layers.Conv2D(2, 3, kernel_regularizer="l2", kernel_constraint="max_norm", activation="gelu")(maps)
    hidden = layers.Bidirectional(layers.GRU(3))(layers.Reshape((-1, 2))(hidden))
    model = keras.Model(maps, layers.Dense(2)(hidden * 2.0 + keras.ops.mean(hidden)))
    check_architecture(model.to_json(), source="here")


def with_layer(network, tmp_path, **layer):
    """A skops file whose network has another layer in place of its last one."""
    save_model(network, tmp_path / "good.skops")
    harmless = architecture_of(network)
    config = json.loads(harmless)
    config["config"]["layers"][-1] |= layer
    content = io.BytesIO()
    with zipfile.ZipFile(tmp_path / "good.skops") as good, zipfile.ZipFile(content, "w") as bad:
        for name in good.namelist():
            text = good.read(name)
            if name == "schema.json":
                # JSON in JSON in JSON: skops keeps a string as JSON in its schema.
                old, new = (json.dumps(json.dumps(value)).encode() for value in (harmless, json.dumps(config)))
                assert text.count(old) == 1
                text = text.replace(old, new)
            bad.writestr(name, text)
    (tmp_path / "bad.skops").write_bytes(content.getvalue())
    return tmp_path / "bad.skops"


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        ({"class_name": "Lambda"}, "keras.layers.Lambda"),
        ({"class_name": "TorchModuleWrapper"}, "keras.layers.TorchModuleWrapper"),
        ({"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}}, "keras.layers.StringLookup"),
        ({"module": "os", "class_name": "system"}, "os.system"),
        ({"module": "keras.utils", "class_name": "get_file"}, "keras.utils.get_file"),
        ({"registered_name": "mine>Dense"}, "mine>Dense"),
    ],
)
def test_layers_that_may_run_code_are_refused_by_name(network, tmp_path, layer, named):
    path = with_layer(network, tmp_path, **layer)
    with pytest.raises(ModelLoadError, match=rf"a network with {named}, which load_model does not trust"):
        load_model(path)
    load_model(path, trusted=[named])


def test_an_architecture_that_is_none():
    with pytest.raises(ModelLoadError, match="whose architecture is no JSON"):
        check_architecture("{", source="x.skops")


def test_the_documentation_lists_the_trusted_types():
    page = (Path(__file__).parents[2] / "docs" / "guide" / "saving.rst").read_text("utf-8")
    listed = re.search(r":class: trusted-types\n\n((?:   .*\n)+)", page)[1].split()
    assert listed == trusted_types(), "print them with audiofeat.trusted_types() and copy them to docs/guide/saving.rst"
