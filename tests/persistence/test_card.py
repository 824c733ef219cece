"""The card says what is known, and that the rest is not."""

import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_selection import VarianceThreshold
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from audiofeat import MFCC, AudioLoader, model_card, save_model
from audiofeat.persistence.provenance import record


def sections(text):
    return dict(re.findall(r"^## (.*?)\n\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))


def test_what_can_be_read_off_the_model_is_filled_in(classical):
    card = model_card(classical)
    assert card.startswith("# Recordings to cat or dog\n")
    found = sections(card)
    assert "| Classes | 2: cat, dog |" in found["What it does"]
    assert "resampled to 8,000 Hz" in found["What it does"]
    assert 'load_model("model.skops")' in found["How to use it"]
    assert "model.predict([" in found["How to use it"], "an SVC has no probabilities"
    assert repr(classical) in found["How it was made"]
    for name in ("What it is for", "Where it fails", "Training data", "How good it is", "Licence"):
        assert found[name].strip() == "Not stated."
    assert "Saved" not in card


def test_what_the_maker_says_is_in_it(classical, calls, tmp_path):
    facts = save_model(classical, tmp_path / "m.joblib", calls.data, calls.target)
    card = model_card(
        classical,
        provenance=facts,
        title="Calls",
        intended_use="A game.",
        limitations="Real animals.",
        licence="CC0",
        description="Made by a computer.",
        path="m.joblib",
    )
    found = sections(card)
    assert card.startswith("# Calls\n")
    assert "Not stated." in found.pop("How good it is")
    assert "Not stated." not in "".join(found.values())
    assert facts.training_digest in found["Training data"]
    assert "| cat | 8 |" in found["Training data"]
    assert f"Saved {facts.saved}" in found["How it was made"]
    assert "can run any code" in found["How to use it"]


def test_scores_are_those_of_scikit_learn(classical, calls):
    from sklearn.metrics import classification_report

    y = calls.target.copy()
    y[:3] = ["dog", "cat", "cat"]
    report = classification_report(y, classical.predict(calls.data), output_dict=True)
    found = sections(model_card(classical, X_test=calls.data, y_test=y))["How good it is"]
    assert f"accuracy {report['accuracy']:.3f}" in found
    for name in ("cat", "dog"):
        precision, recall, f1, count = (report[name][key] for key in ("precision", "recall", "f1-score", "support"))
        assert f"| {name} | {precision:.3f} | {recall:.3f} | {f1:.3f} | {count:.0f} |" in found
    majority = np.unique(y, return_counts=True)[1].max() / 16
    assert f"would give {majority:.3f}" in found


def test_many_classes_with_odd_names(classical, rng):
    from sklearn.naive_bayes import GaussianNB

    y = np.array([f"a|b {i}\nc" for i in range(50)])
    X = np.arange(50.0)[:, np.newaxis]
    card = model_card(GaussianNB().fit(X, y), X_test=X, y_test=y)
    assert card.startswith("# Recordings to one of 50 classes\n")
    rows = [line for line in card.splitlines() if line.startswith("| a\\|b ")]
    assert len(rows) == 50
    assert "taken for" not in card


def test_refuses_half_a_test(classical, calls):
    with pytest.raises(ValueError, match="only one of X_test and y_test"):
        model_card(classical, X_test=calls.data)
    with pytest.raises(ValueError, match=r"y_test of shape \(16, 1\); it scores models of one label"):
        model_card(classical, X_test=calls.data, y_test=calls.target[:, np.newaxis])
    with pytest.raises(ValueError, match="which is no classifier"):
        model_card(clone(classical[:2]).fit(calls.data), X_test=calls.data, y_test=calls.target)


def test_a_long_pipeline_is_shown_whole(calls):
    weights = {label: 1 + i / 7 for i, label in enumerate(["cat", "dog", *map(str, range(100))])}
    steps = [AudioLoader(sample_rate=8000), MFCC(n_mels=40), *(VarianceThreshold(i / 1e6) for i in range(40))]
    model = make_pipeline(*steps, LogisticRegression(class_weight=weights)).fit(calls.data, calls.target)
    card = model_card(model)
    code = card.partition("## How it was made")[2].partition("```python\n")[2].partition("```")[0]
    assert max(map(len, code.splitlines())) <= 80
    built = eval(code, {kind.__name__: kind for kind in map(type, [*steps, model, model[-1]])})
    assert [type(step) for _, step in built.steps] == [type(step) for _, step in model.steps]
    assert built[-1].class_weight == weights
    assert eval(record(model).model, {kind.__name__: kind for kind in map(type, [*steps, model, model[-1]])})


def test_bytes_in_a_pipeline_are_counted(calls):
    class Keeps(VarianceThreshold):
        def __init__(self, content=b""):
            super().__init__()
            self.content = content

    model = make_pipeline(AudioLoader(sample_rate=8000), MFCC(n_mels=40), Keeps(bytes(10**6)))
    assert "Keeps(content=<1,000,000 bytes>)" in model_card(model.fit(calls.data, calls.target))
