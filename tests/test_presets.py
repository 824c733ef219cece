"""Presets: plain banks that never change under their name."""

import numpy as np
import pytest
from sklearn.base import clone

from audiofeat import AudioLoader, FeatureBank, presets

# The number of columns of every released preset; a preset that changes needs a new version instead.
COLUMNS = {"speech@1": 246, "music@1": 108, "environmental@1": 284}


def test_every_preset_is_pinned_here():
    assert set(presets.preset_names()) == set(COLUMNS)


@pytest.mark.parametrize(("name", "n_columns"), COLUMNS.items())
def test_a_preset_is_a_plain_bank(name, n_columns, rng):
    bank = presets.get_preset(name)
    assert type(bank) is FeatureBank
    rate = bank.transformer_list[0][1].sample_rate
    clips = AudioLoader(rate).fit_transform([(rate, rng.standard_normal(rate)), (rate, rng.standard_normal(rate // 2))])
    features = clone(bank).fit_transform(clips)
    assert features.shape == (2, n_columns)
    assert np.isfinite(features).all()
    names = bank.fit(clips).get_feature_names_out()
    assert len(set(names)) == n_columns
    # One framing for all members: the spectrum is computed once.
    specs = {member._spec(rate) for _, member in bank.transformer_list}
    assert len(specs) == 1


def test_another_rate_is_refused(rng):
    clips = AudioLoader(8000).fit_transform([(8000, rng.standard_normal(8000))])
    with pytest.raises(ValueError, match="got clips at 8000 Hz"):
        presets.get_preset("speech").fit(clips)


@pytest.mark.parametrize("name", ["speech@2", "birds", "", "speech@", "speech@one"])
def test_unknown_names(name):
    with pytest.raises(ValueError, match=r"There is no preset .* expected one of speech@1, music@1, environmental@1"):
        presets.get_preset(name)


@pytest.mark.parametrize("name", [3, None, b"speech"])
def test_what_is_no_name(name):
    with pytest.raises(TypeError, match=r"get_preset got .*; expected a name, such as 'speech@1'"):
        presets.get_preset(name)
