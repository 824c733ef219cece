"""Odd and broken headers from a fuzzer's collection: each file loads with finite samples, or is refused in our words.

They are read in a process of its own, so that a crash or a hang of the decoder is a failure like any other.
"""

import json
import subprocess
import sys

import pytest

READER = """
import json, sys, warnings
import numpy as np
from audiofeat import AudioInputError, AudioLoader
warnings.simplefilter("error")
outcomes = {}
for path in sys.argv[1:]:
    for X in (path, open(path, "rb").read()):
        try:
            batch = AudioLoader(sample_rate=None).fit_transform([X])
            clip = batch[0]
            assert np.isfinite(AudioLoader(sample_rate=8000).fit_transform([X])[0]).all()
            outcome = [batch.sample_rate, len(clip), bool(np.isfinite(clip).all())]
        except AudioInputError as exc:
            outcome = exc.problems[0].reason
        assert outcomes.setdefault(path, outcome) == outcome
json.dump(outcomes, sys.stdout)
"""


def test_every_file_loads_or_is_refused(data_folder):
    folder = data_folder / "malformed" / "hound" / "testsamples"
    paths = sorted(map(str, folder.rglob("*.wav")))
    if not paths:
        pytest.skip(f"no malformed recordings in {folder}")
    run = subprocess.run(
        [sys.executable, "-c", READER, *paths], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    outcomes = json.loads(run.stdout)
    assert list(outcomes) == paths
    for path, outcome in outcomes.items():
        if "fuzz" in path:
            assert outcome.startswith("not audio that soundfile can read ("), path
        else:
            rate, n_samples, finite = outcome
            assert finite, path
            assert rate in (11025, 44100, 48000, 192000), path
            assert 1 <= n_samples <= 100, path
