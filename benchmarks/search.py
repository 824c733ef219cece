"""Time a grid search over feature sets: is each feature of each clip really computed once, and what does the rest cost?

    python benchmarks/search.py [--clips 400] [--naive-fits 8] [--jobs 2]

`GridSearchCV` of 2 feature sets × 8 settings of an SVC × 5 folds over five-second clips: the recordings of esc10_dev and
cats_dogs that AUDIOFEAT_DATA has, else synthetic ones. It is compared with one extraction of each feature set and the SVC
fits alone, and with the same grid over a transformer that loops over `librosa.load` and librosa's features. Every part
runs in a process of its own on one core, and is timed there after imports.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
SECONDS = 5.0
SAMPLE_RATE = 22050
GRID = [{"C": c, "gamma": gamma} for c in (0.1, 1.0, 10.0, 100.0) for gamma in ("scale", 0.003)]
N_FITS = 2 * len(GRID) * 5


def clips(folder: Path, n_clips: int) -> tuple[list[str], np.ndarray]:
    """Paths and labels; synthetic recordings are written to `folder`, if they are not there."""
    import soundfile

    data = Path(os.environ.get("AUDIOFEAT_DATA", ""))
    found = []
    if "AUDIOFEAT_DATA" in os.environ:
        files = [path for part in ("esc10_dev/audio", "cats_dogs/wav") for path in sorted((data / part).rglob("*.*"))]
        found = [path for path in files if path.suffix in (".wav", ".ogg", ".flac")]
    if len(found) >= n_clips:
        # The longest: what is shorter than five seconds is padded, and cheaper to decode.
        found = sorted(found, key=lambda path: -soundfile.info(path).duration)[:n_clips]
        # A folder is a class, or the name begins with it.
        labels = [path.parent.name if path.parent.name != "wav" else path.name.partition("_")[0] for path in found]
        return [str(path) for path in found], np.array(labels)
    rng = np.random.default_rng(0)
    times = np.arange(int(SECONDS * 44100)) / 44100
    names, labels = [], []
    for i in range(n_clips):
        pitch = rng.uniform(100, 300) * (1 + i % 2)
        samples = 0.1 * np.sin(2 * np.pi * pitch * times) + 0.05 * rng.standard_normal(len(times))
        names.append(str(folder / f"{i:04d}.wav"))
        labels.append(i % 2)
        # Written once: a file that has just changed is read again whenever it is asked for.
        if not Path(names[-1]).exists():
            soundfile.write(names[-1], samples, 44100)
    return names, np.array(labels)


def splits(labels: np.ndarray):
    from sklearn.model_selection import StratifiedKFold

    return StratifiedKFold(5, shuffle=True, random_state=0)


def model():
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    return make_pipeline(StandardScaler(), SVC())


def feature_sets() -> list:
    from audiofeat import MFCC, Chroma

    return [MFCC(), Chroma()]


def search(paths, labels, store, jobs) -> dict:
    """The search as a user writes it."""
    import soundfile
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import Pipeline

    from audiofeat import AudioLoader

    decoded = []
    read = soundfile.SoundFile.read
    soundfile.SoundFile.read = lambda self, *a, **k: decoded.append(self.name) or read(self, *a, **k)
    loader = AudioLoader(sample_rate=SAMPLE_RATE, duration=SECONDS, memory=store)
    pipeline = Pipeline([("load", loader), ("features", None), ("model", model())])
    grid = {"features": feature_sets()}
    grid |= {f"model__svc__{name}": sorted({g[name] for g in GRID}, key=str) for name in GRID[0]}
    start, cpu = time.perf_counter(), time.process_time()
    found = GridSearchCV(pipeline, grid, cv=splits(labels), n_jobs=jobs, refit=False).fit(paths, labels)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    scores = found.cv_results_["mean_test_score"].tolist()
    return {"seconds": seconds, "cpu": cpu, "decoded": len(decoded), "most": _most(decoded), "scores": scores}


def _most(names) -> int:
    return max((names.count(name) for name in set(names)), default=0)


def lower_bound(paths, labels, store, jobs) -> dict:
    """One extraction of each feature set, then the SVC fits on arrays."""
    from sklearn.model_selection import GridSearchCV

    from audiofeat import AudioLoader

    grid = {f"svc__{name}": sorted({g[name] for g in GRID}, key=str) for name in GRID[0]}
    start, cpu = time.perf_counter(), time.process_time()
    batch = AudioLoader(sample_rate=SAMPLE_RATE, duration=SECONDS).fit_transform(paths)
    features = [extractor.fit_transform(batch) for extractor in feature_sets()]
    extraction = time.perf_counter() - start
    scores: list = []
    for X in features:
        found = GridSearchCV(model(), grid, cv=splits(labels), refit=False).fit(X, labels)
        scores += found.cv_results_["mean_test_score"].tolist()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"seconds": seconds, "cpu": cpu, "extraction": extraction, "scores": scores}


def naive(paths, labels, fits, jobs) -> dict:
    """Some fits of the same grid with a transformer that loads and computes on every call, and all of them at that rate."""
    import librosa
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.pipeline import make_pipeline

    class Librosa(TransformerMixin, BaseEstimator):
        def __init__(self, feature="mfcc"):
            self.feature = feature

        def fit(self, X, y=None):
            return self

        def transform(self, X):
            rows = []
            for path in X:
                y, sr = librosa.load(path, sr=SAMPLE_RATE, duration=SECONDS)
                y = librosa.util.fix_length(y, size=int(SECONDS * SAMPLE_RATE))
                if self.feature == "mfcc":
                    values = librosa.feature.mfcc(y=y, sr=sr)
                else:
                    values = librosa.feature.chroma_stft(y=y, sr=sr, tuning=0.0)
                rows.append(np.concatenate([values.mean(axis=1), values.std(axis=1)]))
            return np.array(rows)

    for feature in ("mfcc", "chroma"):
        Librosa(feature).transform(paths[:1])  # numba compiles
    folds = list(splits(labels).split(paths, labels))
    seconds = []
    for i in range(int(fits)):
        train, test = folds[i // 2 % 5]
        pipeline = make_pipeline(Librosa(("mfcc", "chroma")[i % 2]), model())
        start = time.perf_counter()
        pipeline.fit([paths[k] for k in train], labels[train])
        pipeline.score([paths[k] for k in test], labels[test])
        seconds.append(time.perf_counter() - start)
    return {"seconds": float(np.mean(seconds)) * N_FITS, "fits": len(seconds)}


def hits(paths, labels, store, jobs) -> dict:
    """Milliseconds a clip of loader and extractor when everything is stored: the first time in a process, and then."""
    from sklearn.base import clone

    from audiofeat import MFCC, AudioLoader, FeatureCache, MelSpectrogram

    loader = AudioLoader(sample_rate=SAMPLE_RATE, duration=SECONDS, memory=store)
    cost = {}
    for name, extractor in {"pooled": MFCC(), "128 × 216": MelSpectrogram(pooling=None)}.items():
        clone(extractor).fit_transform(loader.fit_transform(paths))
        from_disk, again = [], []
        for _ in range(9):
            FeatureCache(store).close()
            for times in (from_disk, again):
                start = time.perf_counter()
                clone(extractor).fit_transform(loader.fit_transform(paths))
                times.append(1000 * (time.perf_counter() - start) / len(paths))
        cost[name] = float(np.median(from_disk)), float(np.median(again))
    return cost


PARTS = {part.__name__: part for part in (search, lower_bound, naive, hits)}


def in_process(part: str, folder: Path, n_clips: int, *arguments) -> dict:
    """Run a part in a process of its own, so that nothing is left over in memory from another."""
    command = [sys.executable, __file__, "--part", part, str(folder), str(n_clips), *map(str, arguments)]
    one = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=os.environ | one)
    return json.loads(done.stdout.splitlines()[-1])


def run_part(part, folder, n_clips, what, jobs) -> None:
    import sklearn.model_selection
    import sklearn.svm  # noqa: F401

    import audiofeat.transformers  # noqa: F401

    paths, labels = clips(Path(folder), int(n_clips))
    # Content digests are read beforehand: neither side is charged for the disk's first touch.
    for path in paths:
        Path(path).read_bytes()
    print(json.dumps(PARTS[part](paths, labels, what, int(jobs))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of search and lower bound, interleaved")
    parser.add_argument("--naive-fits", type=int, default=4, help=f"out of {N_FITS}")
    parser.add_argument("--part", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        run_part(*arguments.part)
        return
    n_clips = arguments.clips
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths, _ = clips(folder, n_clips)
        print("synthetic recordings" if str(folder) in paths[0] else "real recordings", file=sys.stderr)
        cold, bound, warm = [], [], []
        for i in range(arguments.rounds):
            cold.append(in_process("search", folder, n_clips, folder / f"store{i}", 1))
            bound.append(in_process("lower_bound", folder, n_clips, "-", 1))
            warm.append(in_process("search", folder, n_clips, folder / f"store{i}", 1))
            assert cold[-1]["scores"] == bound[-1]["scores"] == warm[-1]["scores"]
            print(f"round {i + 1}/{arguments.rounds}", file=sys.stderr, flush=True)
        two = in_process("search", folder, n_clips, folder / "two", 2)
        assert two["scores"] == cold[0]["scores"]
        slow = in_process("naive", folder, n_clips, arguments.naive_fits, 1)
        cost = in_process("hits", folder, n_clips, folder / "store0", 1)

    def middle(runs, what="seconds"):
        return float(np.median([run[what] for run in runs]))

    # CPU time too: on a machine that others use, wall time says what they did.
    wall, cpu = (np.median([a[w] / b[w] for a, b in zip(cold, bound, strict=True)]) for w in ("seconds", "cpu"))
    print(f"{N_FITS} fits over {n_clips} clips of {SECONDS:g} s, median of {arguments.rounds} rounds")
    print("| what | s | s of CPU | clips decoded |\n|---|---|---|---|")
    print(f"| search, empty store | {middle(cold):.2f} | {middle(cold, 'cpu'):.2f} | {cold[0]['decoded']} |")
    print(f"| search again, new process | {middle(warm):.2f} | {middle(warm, 'cpu'):.2f} | {warm[0]['decoded']} |")
    print(f"| search, empty store, n_jobs=2 | {two['seconds']:.2f} | | in workers |")
    print(
        f"| one extraction of each set + SVC fits | {middle(bound):.2f} | {middle(bound, 'cpu'):.2f} | {2 * n_clips} |"
    )
    print(f"| of which extraction | {middle(bound, 'extraction'):.2f} | | |")
    print(f"| naive librosa, from {slow['fits']} of the fits | {slow['seconds']:.0f} | | {N_FITS * n_clips} |")
    print(f"\nsearch / (extraction + fits): {wall:.2f} (CPU {cpu:.2f})")
    print(f"naive / search: {slow['seconds'] / middle(cold):.1f}")
    print(f"most times that a clip was decoded: {max(run['most'] for run in cold)} for 2 feature sets\n")
    print("| hit, loader and extractor | ms a clip, first in a process | then |\n|---|---|---|")
    for name, (first, then) in cost.items():
        print(f"| {name} | {first:.3f} | {then:.3f} |")


if __name__ == "__main__":
    main()
