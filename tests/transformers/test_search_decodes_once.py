"""A grid search with AudioLoader(memory=...): each clip is decoded once for each feature set, whoever asks how often."""

import json
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

N_CLIPS = 40

# The same search for this process, for another, and for workers. Decodes are counted in a file, a line each, since
# workers have memories of their own.
SEARCH = """
import json, os, sys
import numpy as np
import soundfile
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from audiofeat import MFCC, AudioLoader, Chroma


class CountingLoader(AudioLoader):
    def transform(self, X):
        count_decodes()
        return super().transform(X)

    def fit_transform(self, X, y=None):
        count_decodes()
        return super().fit_transform(X)


def count_decodes():
    if hasattr(soundfile.SoundFile.read, "counts"):
        return
    read = soundfile.SoundFile.read

    def counting(self, *args, **kwargs):
        line = f"{os.getpid()} {self.name}\\n".encode()
        log = os.open(os.environ["DECODED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(log, line)
        os.close(log)
        return read(self, *args, **kwargs)

    counting.counts = True
    soundfile.SoundFile.read = counting


def search(paths, labels, store, n_jobs):
    loader = CountingLoader(sample_rate=8000, duration=0.5, memory=store)
    pipeline = Pipeline([("load", loader), ("features", None), ("model", make_pipeline(StandardScaler(), SVC()))])
    grid = {
        "features": [MFCC(n_mels=20, n_fft=256), Chroma(n_fft=512)],
        "model__svc__C": [0.1, 1, 10, 100],
        "model__svc__gamma": ["scale", 0.01],
    }
    found = GridSearchCV(pipeline, grid, cv=5, n_jobs=n_jobs).fit(paths, labels)
    keys = [f"split{i}_test_score" for i in range(5)]
    return {"scores": [found.cv_results_[key].tolist() for key in keys], "predicted": found.predict(paths).tolist()}


if __name__ == "__main__":
    folder, store, n_jobs = sys.argv[1:]
    names = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".wav"))
    print(json.dumps(search(names, [i % 2 for i in range(len(names))], store, int(n_jobs))))
"""


@pytest.fixture
def run(tmp_path, write_clip):
    """A function that runs the search in a new process, and gives its result and who decoded what."""
    times = np.arange(4000) / 8000
    for i in range(N_CLIPS):
        noise = np.random.default_rng(i).standard_normal(4000)
        write_clip(f"{i:02d}.wav", 0.1 * np.sin(2 * np.pi * (300 + 40 * (i % 2) + i) * times) + 0.03 * noise)
    script = tmp_path / "search.py"
    script.write_text(SEARCH)

    def run(store, n_jobs=1):
        log = tmp_path / "decoded"
        log.write_text("")
        done = subprocess.run(
            [sys.executable, "-W", "error", str(script), str(tmp_path), str(tmp_path / store), str(n_jobs)],
            stdout=subprocess.PIPE,
            env={**os.environ, "DECODED": str(log), "PYTHONPATH": str(tmp_path)},
            check=True,
        )
        return json.loads(done.stdout), [tuple(line.split(" ", 1)) for line in log.read_text().splitlines()]

    return run


def test_a_search_decodes_each_clip_once_per_feature_set_and_the_next_run_none(run):
    result, decoded = run("store")
    assert len({name for _, name in decoded}) == N_CLIPS
    assert set(Counter(name for _, name in decoded).values()) == {2}, "once for each of two feature sets"
    assert len({pid for pid, _ in decoded}) == 1
    again, decoded = run("store")
    assert decoded == []
    assert again == result


def test_two_workers_share_the_work_and_give_the_same_scores(run):
    alone, _ = run("one")
    together, decoded = run("two", n_jobs=2)
    assert together == alone
    assert len({name for _, name in decoded}) == N_CLIPS
    assert max(Counter(decoded).values()) <= 2, "each worker at most once for each of two feature sets"
    again, decoded = run("two")
    assert (again, decoded) == (alone, [])
