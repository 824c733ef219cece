"""What the record says, and when loading warns."""

import json
import sys
import warnings

import joblib
import numpy as np
import pytest
import soundfile
from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from audiofeat import (
    CQT,
    AudioLoader,
    ModelLoadError,
    ModelVersionWarning,
    Provenance,
    load_model,
    read_provenance,
    save_model,
    training_digest,
)
from audiofeat.persistence.provenance import record


def saved_with(path, **versions):
    """Rewrite the record of a joblib file as if it had been saved with other versions."""
    content = path.read_bytes()
    start = content.rindex(b'{"format"')
    note, mark = content[start:].rpartition(b"}")[0] + b"}", b"\naudiofeat provenance 1\n"
    values = json.loads(note)
    values["packages"] |= {name.replace("_", "-"): version for name, version in versions.items()}
    note = json.dumps(values).encode()
    path.write_bytes(content[:start] + note + len(note).to_bytes(8, "little") + mark)


def test_what_is_written_down(classical, calls):
    facts = record(classical, calls.data, calls.target)
    assert (facts.sample_rate, facts.duration, facts.classes) == (8000, 0.5, ["cat", "dog"])
    assert facts.features == ["MFCC(n_fft=512, n_mfcc=8)"]
    assert facts.clips_per_class == {"cat": 8, "dog": 8}
    assert facts.n_clips == 16
    assert facts.backend is None
    assert "keras" not in facts.packages
    assert "librosa" not in facts.packages
    assert facts.packages["numpy"] == np.__version__
    assert Provenance.from_json(facts.to_json()) == facts


def test_labels_that_go_together_are_counted_each(rng):
    from sklearn.tree import DecisionTreeClassifier

    X, y = rng.standard_normal((4, 3)), np.array([[1, 0], [1, 1], [1, 0], [0, 0]])
    facts = record(DecisionTreeClassifier().fit(X, y), X, y)
    assert facts.clips_per_class == {"0": 3, "1": 1}
    assert facts.classes == []


def test_a_network_brings_its_packages(network):
    facts = record(network)
    keras = sys.modules["keras"]
    assert facts.packages["keras"] == keras.__version__
    assert facts.backend == keras.backend.backend()
    assert facts.n_clips is facts.training_digest is None
    assert len(facts.features) == 1
    assert facts.features[0].startswith("FeatureBank(")


def test_features_of_librosa_bring_it(calls):
    model = make_pipeline(AudioLoader(sample_rate=22050), CQT(n_bins=12), GaussianNB()).fit(calls.data, calls.target)
    assert "librosa" in record(model).packages


def test_a_search_is_told_by_its_winner(calls):
    from sklearn.model_selection import GridSearchCV

    from audiofeat import MFCC, Chroma

    pipe = make_pipeline(AudioLoader(sample_rate=8000), MFCC(n_fft=512), GaussianNB())
    grid = {"mfcc": [MFCC(n_fft=512), Chroma(n_fft=512)]}
    search = GridSearchCV(pipe, grid, cv=2).fit(calls.data, calls.target)
    assert record(search).features == [repr(search.best_estimator_[1])]


def test_the_digest_is_of_contents_and_labels(calls, tmp_path):
    rate, samples = calls.data[0]
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / name, samples, rate)
    whole = training_digest(calls.data, calls.target)
    assert len(whole) == 32
    assert training_digest(calls.data, calls.target) == whole
    order = np.random.default_rng(0).permutation(16)
    assert training_digest([calls.data[i] for i in order], calls.target[order]) == whole
    others = [
        training_digest(calls.data),
        training_digest(calls.data[:-1], calls.target[:-1]),
        training_digest(calls.data, calls.target[::-1]),
        training_digest([*calls.data[:-1], (8000, calls.data[-1][1])], calls.target),
        training_digest([*calls.data, calls.data[0]], [*calls.target, calls.target[0]]),
    ]
    assert len({whole, *others}) == 6
    assert training_digest([tmp_path / "a.wav"], ["x"]) == training_digest([tmp_path / "b.wav"], ["x"])
    assert training_digest([tmp_path / "a.wav"], [1]) != training_digest([tmp_path / "a.wav"], ["1"])


def test_the_digest_of_features(rng):
    X = rng.standard_normal((4, 3))
    assert training_digest(X) == training_digest(X[::-1])
    assert training_digest(X) != training_digest(X + 1e-9)
    assert training_digest(X[:, :, np.newaxis]) != training_digest(X)


def test_refuses_labels_of_another_number(calls):
    with pytest.raises(ValueError, match="got 3 labels for 16 clips"):
        training_digest(calls.data, ["a", "b", "c"])


def test_the_same_versions_are_silent(classical, tmp_path):
    save_model(classical, tmp_path / "m.joblib")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_model(tmp_path / "m.joblib")


def test_a_version_that_matters_is_told(classical, calls, tmp_path):
    save_model(classical, tmp_path / "m.joblib")
    saved_with(tmp_path / "m.joblib", scikit_learn="1.2.0", numpy="1.26.4")
    with pytest.warns(ModelVersionWarning) as caught:
        loaded = load_model(tmp_path / "m.joblib")
    (warning,) = caught
    assert warning.filename == __file__
    said = str(warning.message)
    assert "m.joblib was saved with numpy 1.26.4, scikit-learn 1.2.0, and here is" in said
    assert "scikit-learn: its estimators may keep their state in another way" in said
    assert "install 'numpy==1.26.4' 'scikit-learn==1.2.0'." in said
    assert loaded.predict(calls.data).tolist() == classical.predict(calls.data).tolist()


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        ({"scikit_learn": "{}.999"}, []),
        ({"joblib": "0.1", "tensorflow": "1.0"}, []),
        ({"audiofeat": "0.0.1"}, ["audiofeat"]),
        ({"keras": "2.0"}, ["keras"]),
        ({"not_there": "1.0"}, ["not-there"]),
    ],
)
def test_which_differences_matter(classical, versions, told):
    import sklearn

    minor = ".".join(sklearn.__version__.split(".")[:2])
    facts = record(classical)
    facts.packages.update({name.replace("_", "-"): version.format(minor) for name, version in versions.items()})
    assert [name for name, *_ in facts.differences()] == told


def test_scikit_learn_s_own_warnings_are_said_once(classical, tmp_path, monkeypatch):
    monkeypatch.setattr("sklearn.base.__version__", "1.2.0")
    save_model(classical, tmp_path / "m.joblib")
    joblib.dump(classical, tmp_path / "plain.joblib")
    monkeypatch.undo()
    saved_with(tmp_path / "m.joblib", scikit_learn="1.2.0")
    with pytest.warns(ModelVersionWarning) as caught:
        load_model(tmp_path / "m.joblib")
    assert len(caught) == 1
    with pytest.warns(InconsistentVersionWarning):
        load_model(tmp_path / "plain.joblib")


class Vanishing(BaseEstimator):
    """An estimator that the next version does not have."""

    def fit(self, X, y=None):
        self.n_ = len(X)
        return self


def test_what_does_not_load_is_said_with_its_versions(tmp_path, monkeypatch):
    save_model(Vanishing().fit([1]), tmp_path / "m.joblib")
    monkeypatch.delattr(sys.modules[__name__], "Vanishing")
    with pytest.raises(ModelLoadError, match=r"cannot be loaded \(AttributeError.*probably saved by another version"):
        load_model(tmp_path / "m.joblib")
    saved_with(tmp_path / "m.joblib", scikit_learn="1.2.0")
    with pytest.raises(ModelLoadError, match=r"was saved with scikit-learn 1\.2\.0, and here is"):
        load_model(tmp_path / "m.joblib")


def test_a_module_that_is_missing_is_named(tmp_path, monkeypatch):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "their_module.py").write_text(
        "from sklearn.base import BaseEstimator\nclass Theirs(BaseEstimator):\n    def __sklearn_is_fitted__(self):\n"
        "        return True\n    def fit(self, X):\n        return self\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    import their_module

    save_model(their_module.Theirs(), tmp_path / "m.joblib")
    monkeypatch.undo()
    monkeypatch.delitem(sys.modules, "their_module")
    with pytest.raises(ModelLoadError, match="needs the module their_module, which is not here"):
        load_model(tmp_path / "m.joblib")


def test_a_script_is_no_model(tmp_path):
    # In a pickle, the name of a module would follow a c.
    (tmp_path / "script.py").write_text("cimport numpy, scipy\nprint(1)\n")
    with pytest.raises(
        ModelLoadError, match=r"script\.py is text that begins 'cimport numpy, scipy'; expected a model"
    ):
        load_model(tmp_path / "script.py")


def test_a_record_of_a_later_version_is_read(classical, tmp_path):
    facts = json.loads(record(classical).to_json()) | {"format": 2, "mood": "good"}
    assert Provenance.from_json(json.dumps(facts)).classes == ["cat", "dog"]
    with pytest.raises(ValueError, match="expected the JSON that `to_json` writes"):
        Provenance.from_json("{}")


def test_a_damaged_length_is_no_reason_to_read_everything(classical, tmp_path):
    save_model(classical, tmp_path / "m.joblib")
    content = bytearray((tmp_path / "m.joblib").read_bytes())
    mark = b"\naudiofeat provenance 1\n"
    content[-len(mark) - 8 : -len(mark)] = b"\xff" * 8
    (tmp_path / "m.joblib").write_bytes(content)
    with pytest.raises(ModelLoadError, match="claims a length"):
        read_provenance(tmp_path / "m.joblib")
