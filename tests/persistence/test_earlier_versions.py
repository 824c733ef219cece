"""Models that earlier versions saved still load and say the same, or it is said exactly why not."""

import importlib.util
import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import audiofeat
from audiofeat import ModelLoadError, ModelVersionWarning, load_model, read_provenance

EARLIER = Path(__file__).parent / "earlier"
FILES = sorted(path for path in EARLIER.glob("*/*") if path.suffix in (".joblib", ".skops"))


def clips():
    spec = importlib.util.spec_from_file_location("make_fixture", EARLIER / "make_fixture.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.clips()


def test_there_are_files_of_each_kind():
    assert {(path.stem, path.suffix) for path in FILES} == {
        (name, suffix) for name in ("classical", "network") for suffix in (".joblib", ".skops")
    }
    assert all(path.stat().st_size < 100_000 for path in FILES)


def test_this_version_has_its_folder():
    if "dev" in audiofeat.__version__:
        pytest.skip("a development version need not keep its format")
    assert (EARLIER / audiofeat.__version__).is_dir(), "run tests/persistence/earlier/make_fixture.py before a release"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_earlier_model_says_the_same_or_why_not(path):
    if path.suffix == ".skops":
        pytest.importorskip("skops.io", reason="skops is not installed: no files without code")
    expected = json.loads((path.parent / "expected.json").read_text())
    X, y = clips()
    with warnings.catch_warnings():
        # That versions differ is the point here.
        warnings.simplefilter("ignore", ModelVersionWarning)
        if "refused" in expected:
            with pytest.raises(ModelLoadError) as caught:
                load_model(path)
            assert expected["refused"] in str(caught.value)
            return
        try:
            model = load_model(path)
        except ModelLoadError as exc:
            # Another scikit-learn may have given up on the state of its own estimators; then it has to be named.
            said = str(exc)
            differences = read_provenance(path).differences()
        else:
            differences = None
    if differences is not None:
        assert differences, said
        assert [f"{name} {version}" for name, version, *_ in differences if f"{name} {version}" not in said] == []
        return
    expected = expected[path.stem]
    assert model.predict(X).tolist() == expected["labels"] == y.tolist()
    np.testing.assert_allclose(model.decision_function(X), expected["scores"], rtol=1e-3, atol=1e-3)
    facts = read_provenance(path)
    assert facts.packages["audiofeat"] == path.parent.name
    assert facts.clips_per_class == {"high": 4, "low": 4}
