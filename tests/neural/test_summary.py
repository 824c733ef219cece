import re

import numpy as np
import pytest
from sklearn.base import clone

from audiofeat.neural import architectures
from audiofeat.neural.summary import describe_layers, network_html

from .architectures_of_users import nested

_UNITS = {"k": 1e3, "M": 1e6}


def test_layers_of_the_tutorial():
    rows = {row["name"]: row for row in describe_layers(architectures.tutorial((32, 32, 1), 8))}
    assert rows["conv_1"]["output"] == (30, 30, 32)
    assert rows["conv_1"]["parameters"] == 3 * 3 * 32 + 32
    assert rows["conv_1"]["multiply_adds"] == 30 * 30 * 3 * 3 * 32
    assert rows["dense"]["multiply_adds"] == 14 * 14 * 64 * 128
    assert rows["pool"]["parameters"] == rows["pool"]["multiply_adds"] == 0


def test_parameters_are_those_that_keras_counts():
    for build in architectures.ARCHITECTURES.values():
        model = build((16, 24, 1), 3)
        assert sum(row["parameters"] for row in describe_layers(model)) == model.count_params()


def test_models_inside_a_model_are_opened():
    names = [row["name"] for row in describe_layers(nested((4, 5, 1), 2))]
    assert "inner_dense" in names


@pytest.mark.parametrize("name", sorted(architectures.ARCHITECTURES))
def test_tables_in_the_documentation_are_true(name):
    build = architectures.ARCHITECTURES[name]
    lines = re.findall(r"(\d+) × (\d+)\s+(\S+) (\w)\s+(\S+) (\w)$", build.__doc__, flags=re.MULTILINE)
    assert ("64", "216") in [line[:2] for line in lines]
    for bins, frames, *stated in lines:
        rows = describe_layers(build((int(bins), int(frames), 1), 2))
        for column, number, unit in (("parameters", *stated[:2]), ("multiply_adds", *stated[2:])):
            exact = sum(row[column] for row in rows)
            # To two digits.
            assert exact == pytest.approx(float(number) * _UNITS[unit], rel=0.05)


def test_summary_of_a_fitted_network(fitted):
    text = fitted.summary()
    assert "Maps of 12 × 16 × 1 (bins × frames × channels), standardised per bin, to 3 classes." in text
    assert "Trained for 8 epochs." in text
    assert re.search(r"conv_1\s+Conv2D\s+6 × 8 × 8\s+200\s+9,600\s+yes", text)
    assert re.search(rf"in all\s+{fitted.model_.count_params():,}", text)
    assert max(map(len, text.splitlines())) < 110


def test_summary_needs_no_keras(fitted):
    """A notebook that shows a loaded model does not wait for TensorFlow."""
    import pickle

    loaded = pickle.loads(pickle.dumps(fitted))
    assert loaded.summary() == fitted.summary()
    assert loaded._network._model is None


def test_summary_is_in_the_html(fitted, tiny):
    html = fitted._repr_html_()
    assert "<details><summary>Network of" in html
    assert "conv_1" in html
    assert fitted._repr_mimebundle_()["text/html"].count("<details><summary>Network of") == 1
    assert "Network of" not in clone(tiny)._repr_html_()


def test_names_of_layers_are_text_not_markup():
    assert "<b>" not in network_html("<b>layer</b>", 3)


def test_best_epoch_is_told(tiny, maps):
    X, y = maps
    model = clone(tiny).set_params(epochs=2).fit(X, y, X_val=X[:6], y_val=y[:6])
    assert f"the weights are those of epoch {model.best_epoch_}." in model.summary()
    assert np.isfinite(model.history_[-1]["val_loss"])
