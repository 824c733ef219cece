"""Time a search without a store in one process, in two workers, and in two workers whose extractors have two threads each.

    python benchmarks/nested.py [--clips 120] [--rounds 5] [--write]

Threads of BLAS and FFT are left as they come, not set to one. What one process takes of CPU is what the work needs: if
threads fought over cores inside of the workers, their CPU time would grow. Wall times tell something only on a machine
that does nothing else. `--write` puts the table into RESULTS.md.
"""

import argparse
import statistics
import time

import numpy as np
from clips import make_clips
from joblib import Parallel, cpu_count, delayed
from results import write_section
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from audiofeat import MFCC, AudioLoader, Chroma, FeatureBank

RATE = 22050


class Watch(TransformerMixin, BaseEstimator):
    """The first step: notes the CPU time at which a fit begins, for `cpu_of_fit` in the same process."""

    started = 0.0

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X

    def fit_transform(self, X, y=None):
        Watch.started = time.process_time()
        return X


def cpu_of_fit(estimator, X, y) -> float:
    """CPU time of all threads of this process since the fit began, with prediction."""
    estimator.predict(X)
    return time.process_time() - Watch.started


def search(clips, labels, *, n_jobs: int, threads: int | None) -> tuple[float, float]:
    """Seconds of wall time, and of CPU time in the fits."""
    bank = FeatureBank([("mfcc", MFCC()), ("chroma", Chroma())], n_jobs=threads)
    pipeline = Pipeline([("watch", Watch()), ("load", AudioLoader(RATE)), ("features", bank), ("model", SVC())])
    found = GridSearchCV(pipeline, {"model__C": [1.0, 10.0]}, cv=4, n_jobs=n_jobs, scoring=cpu_of_fit, refit=False)
    start = time.perf_counter()
    found.fit(clips, labels)
    wall = time.perf_counter() - start
    return wall, sum(found.cv_results_[f"split{i}_test_score"].sum() for i in range(4))


WAYS = {
    "one process": {"n_jobs": 1, "threads": None},
    "two workers": {"n_jobs": 2, "threads": None},
    "one process, extractors with two threads": {"n_jobs": 1, "threads": 2},
    "two workers, extractors with two threads": {"n_jobs": 2, "threads": 2},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    made = make_clips(RATE)
    clips = [made[i % len(made)] for i in range(arguments.clips)]
    labels = np.arange(len(clips)) % 2
    # Workers start, and import what they need.
    Parallel(n_jobs=2)(delayed(search)(clips[:8], labels[:8], n_jobs=1, threads=None) for _ in range(4))
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    for _ in range(arguments.rounds):
        for name, way in WAYS.items():
            times[name].append(search(clips, labels, **way))
    base = times["one process"]
    text = (
        f"`python benchmarks/nested.py`: 8 fits over {len(clips)} clips of 3 s, {cpu_count()} cores, "
        f"median of {arguments.rounds} rounds.\n\n"
        "| search | s | times as fast | s of CPU | CPU to one process |\n|---|---|---|---|---|\n"
    )
    for name, own in times.items():
        faster, more = (
            statistics.median(values)
            for values in (
                [one[0] / other[0] for one, other in zip(base, own, strict=True)],
                [other[1] / one[1] for one, other in zip(base, own, strict=True)],
            )
        )
        wall, cpu = (statistics.median(values) for values in zip(*own, strict=True))
        text += f"| {name} | {wall:.2f} | {faster:.2f} | {cpu:.2f} | {more:.2f} |\n"
    print(text)
    if arguments.write:
        write_section("Inside the workers of a search", text)


if __name__ == "__main__":
    main()
