"""Inside the workers of a search, each thread that audiofeat was asked for computes with one thread, not with several."""

import json
import os
import uuid

import numpy as np
import pytest
from joblib import cpu_count, parallel_config
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from threadpoolctl import ThreadpoolController

from audiofeat import MFCC

pytestmark = pytest.mark.skipif(
    not ThreadpoolController().select(user_api="blas").info(), reason="NumPy's BLAS has no threads to limit"
)


def watching(folder):
    """MFCC that writes down what threads it finds, in files: workers have memories of their own."""

    class Watching(MFCC):
        def transform(self, X):
            import threading

            import scipy.fft
            from threadpoolctl import threadpool_info

            from audiofeat.transformers import _extraction

            def limits():
                return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]

            def watched(*arguments):
                seen.append((threading.get_ident(), limits(), scipy.fft.get_workers()))
                return extract(*arguments)

            seen, before, extract = [], limits(), _extraction.extract
            _extraction.extract = watched
            try:
                values = super().transform(X)
            finally:
                _extraction.extract = extract
            note = {"pid": os.getpid(), "n_jobs": self.n_jobs, "before": before, "seen": seen, "after": limits()}
            (folder / uuid.uuid4().hex).write_text(json.dumps(note))
            return values

    return Watching


def test_in_the_workers_of_a_search(tmp_path, rng):
    clips = list(rng.standard_normal((40, 2000)).astype(np.float32))
    extractor = watching(tmp_path)(n_fft=256, n_mels=20)
    grid = {"watching__n_jobs": [None, 2]}
    search = GridSearchCV(make_pipeline(extractor, SVC()), grid, cv=2, n_jobs=2, refit=False)
    # Workers whose BLAS would use two threads.
    with parallel_config(backend="loky", inner_max_num_threads=2):
        search.fit(clips, np.arange(40) % 2)
    notes = [json.loads(file.read_text()) for file in tmp_path.iterdir()]
    assert len(notes) == 2 * 2 * 2, "training and test clips of every fit"
    assert os.getpid() not in {note["pid"] for note in notes}
    for note in notes:
        idents, limits, workers = zip(*note["seen"], strict=True)
        assert len(idents) == 20
        assert len(set(idents)) <= (note["n_jobs"] or 1)
        assert {limit for own in limits for limit in own} == {1}
        assert set(workers) == {1}
        assert note["before"] == note["after"]
        assert set(note["before"]) == {min(2, cpu_count())}
