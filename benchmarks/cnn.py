"""Measure CNNClassifier: memory over many fits, a search on two cores, an epoch, and the prediction of one clip.

    python benchmarks/cnn.py [--parts memory,search,epoch,predict] [--backend tensorflow] [--rounds 5] [--write]

Each part runs in fresh processes on one core, the search on two. The epoch is compared with `keras.Model.fit` of the same
network on the same arrays, in turns. With --write the table goes into RESULTS.md.
"""

import argparse
import gc
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from memory import resident

BINS, FRAMES = 64, 126


def maps(n_clips: int, n_frames: int = FRAMES):
    """Noise with a band that tells the class."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_clips, BINS, n_frames)).astype(np.float32)
    y = np.arange(n_clips) % 3
    for label in range(3):
        X[y == label, 20 * label : 20 * label + 10] += 1
    return X, y


def over_fits(n_fits: int = 50) -> dict:
    """Resident memory after each of many fits and predictions, of networks of several sizes, in MB."""
    from audiofeat import CNNClassifier

    X, y = maps(48)
    held = []
    for number in range(n_fits):
        filters = [(8, 16), (16, 32), (8, 16, 32)][number % 3]
        CNNClassifier(filters=filters, epochs=2, random_state=number).fit(X, y).predict(X)
        gc.collect()
        held.append(resident() / 1e6)
    return {"held": held}


def search(jobs: int) -> dict:
    """Wall and CPU time of a grid search as a user starts it, with the start of its workers."""
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    from audiofeat import CNNClassifier

    X, y = maps(180)
    grid = {"filters": [(8, 16), (16, 32)], "learning_rate": [0.001, 0.003, 0.01]}
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    started, used = time.perf_counter(), os.times()
    model = GridSearchCV(CNNClassifier(epochs=15, random_state=0), grid, cv=folds, n_jobs=jobs).fit(X, y)
    wall, now = time.perf_counter() - started, os.times()
    # Workers count for CPU time once they have ended.
    from joblib.externals.loky import get_reusable_executor

    if jobs > 1:
        get_reusable_executor().shutdown(wait=True)
        now = os.times()
    cpu = sum(now[:4]) - sum(used[:4])
    scores = [f"{score:.6f}" for score in model.cv_results_["mean_test_score"]]
    return {"wall": wall, "cpu": cpu, "scores": scores}


def epoch(rounds: int) -> dict:
    """Seconds of CPU and wall for one epoch of ours, with and without augmentation, and of bare Keras, in turns."""
    from audiofeat import CNNClassifier
    from audiofeat.neural import architectures
    from audiofeat.neural.backend import load_keras

    keras = load_keras(by="the benchmark")

    class Clock(keras.callbacks.Callback):
        """Notes each epoch but the first, which compiles."""

        marks: list = []

        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.process_time(), time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            if epoch:
                Clock.marks.append((time.process_time() - self.start[0], time.perf_counter() - self.start[1]))

    X, y = maps(240)
    standard = ((X - X.mean((0, 2), keepdims=True)) / X.std((0, 2), keepdims=True))[..., np.newaxis]
    targets, weights = np.eye(3, dtype=np.float32)[y], np.ones(len(y), np.float32)
    n_epochs, batch_size = 5, 16

    def ours(augmentation):
        CNNClassifier(
            augmentation=augmentation, epochs=n_epochs, batch_size=batch_size, callbacks=[Clock()], random_state=0
        ).fit(X, y)

    def bare():
        model = architectures.small((BINS, FRAMES, 1), 3)
        model.compile(
            optimizer=keras.optimizers.Adam(0.003),
            loss=keras.losses.CategoricalCrossentropy(from_logits=True),
            weighted_metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        )
        model.fit(
            standard,
            targets,
            sample_weight=weights,
            epochs=n_epochs,
            batch_size=batch_size,
            verbose=0,
            callbacks=[Clock()],
        )

    roads = {"bare Keras": bare, "ours": lambda: ours(None), "ours, augmented": lambda: ours("default")}
    found: dict = {name: [] for name in roads}
    for _ in range(rounds):
        for name, road in roads.items():
            Clock.marks.clear()
            road()
            found[name].append(np.median(Clock.marks, axis=0).tolist())
            keras.backend.clear_session()
    return found


def save_pipeline(folder: str) -> None:
    """A fitted pipeline from file to label, and files of real length to predict."""
    import joblib
    import soundfile
    from sklearn.pipeline import make_pipeline

    from audiofeat import AudioLoader, CNNClassifier, MelSpectrogram, datasets

    calls = datasets.make_animal_calls(60, sample_rate=16000, random_state=0)
    model = make_pipeline(
        AudioLoader(16000, duration=3.0),
        MelSpectrogram(n_mels=BINS, n_fft=1024, hop_length=256, pooling=None),
        CNNClassifier(epochs=2, random_state=0),
    ).fit(calls.data, calls.target)
    joblib.dump(model, Path(folder) / "model.joblib")
    for number, (rate, samples) in enumerate(calls.data):
        soundfile.write(Path(folder) / f"{number:02d}.wav", np.resize(samples, 3 * rate), rate)


def predict(folder: str) -> dict:
    """Milliseconds of a fresh process: to load the model, for the first clip, and for each clip after it by its parts."""
    import joblib

    started = time.perf_counter()
    model = joblib.load(Path(folder) / "model.joblib")
    loading = time.perf_counter() - started
    paths = sorted(str(path) for path in Path(folder).glob("*.wav"))
    started = time.perf_counter()
    model.predict(paths[:1])
    first = time.perf_counter() - started
    loader, features, network = (step for _, step in model.steps)
    parts: dict = {"whole": [], "decoding": [], "features": [], "network": []}

    def clocked(name, function, *args):
        cpu, wall = time.process_time(), time.perf_counter()
        result = function(*args)
        parts[name].append([1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - cpu)])
        return result

    for path in paths[1:]:
        clocked("whole", model.predict, [path])
    for path in paths[1:]:
        clip = clocked("decoding", lambda path: np.asarray(loader.transform([path])), path)
        mel = clocked("features", lambda clip: features.transform(loader.transform([(16000, clip[0])])), clip)
        clocked("network", network.predict, mel)
    return {
        "loading": 1e3 * loading,
        "first": 1e3 * first,
        "parts": {k: np.median(v, 0).tolist() for k, v in parts.items()},
    }


def run(part: str, *arguments, cores: int = 1) -> dict:
    """One part in a fresh process on so many cores."""
    available = sorted(os.sched_getaffinity(0))[:cores]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    if cores == 1:
        # Keras' own fit takes what it gets; both are to have one thread.
        environment["OMP_NUM_THREADS"] = "1"
    done = subprocess.run(
        [sys.executable, __file__, "--child", part, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        preexec_fn=lambda: os.sched_setaffinity(0, available),
    )
    if done.returncode:
        raise SystemExit(f"{part} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def report_memory(_rounds: int) -> list[str]:
    held = np.array(run("over_fits")["held"])
    late = held[9:]
    return [
        "### Memory of one process over 50 fits",
        "",
        "| after fit | MB |",
        "|---|---|",
        *[f"| {number} | {held[number - 1]:.0f} |" for number in (1, 5, 10, 20, 30, 40, 50)],
        "",
        f"From the tenth fit on between {late.min():.0f} and {late.max():.0f} MB: "
        f"{100 * (late.max() / late.min() - 1):.1f} % apart; the fiftieth to the tenth {held[-1] / held[9]:.3f}.",
    ]


def report_search(rounds: int) -> list[str]:
    found: dict = {1: [], 2: []}
    for _ in range(rounds):
        for jobs in found:
            found[jobs].append(run("search", jobs, cores=2))
    same = all(one["scores"] == found[1][0]["scores"] for ones in found.values() for one in ones)
    median = {jobs: {k: np.median([one[k] for one in ones]) for k in ("wall", "cpu")} for jobs, ones in found.items()}
    ratio = np.median([two["wall"] / one["wall"] for one, two in zip(found[1], found[2], strict=True)])
    return [
        "### A grid search of 6 settings × 3 folds and the refit, 180 clips, with the start of the workers",
        "",
        "| n_jobs | s wall | s CPU |",
        "|---|---|---|",
        *[f"| {jobs} | {m['wall']:.1f} | {m['cpu']:.1f} |" for jobs, m in median.items()],
        "",
        f"Two jobs take {ratio:.2f} of the time of one. Scores are {'identical' if same else 'NOT identical'}.",
    ]


def report_epoch(rounds: int) -> list[str]:
    found = {name: np.array(times) for name, times in run("epoch", rounds).items()}
    bare = found["bare Keras"]
    lines = [
        f"### An epoch of 240 clips of {BINS} × {FRAMES} in batches of 16, the default network",
        "",
        "| | ms CPU | ms wall | CPU, to bare Keras | wall, to bare Keras |",
        "|---|---|---|---|---|",
    ]
    for name, times in found.items():
        cpu, wall = 1e3 * np.median(times, axis=0)
        ratios = np.median(times / bare, axis=0)
        lines.append(f"| {name} | {cpu:.0f} | {wall:.0f} | {ratios[0]:.2f} | {ratios[1]:.2f} |")
    return lines


def report_predict(_rounds: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        run("save_pipeline", folder)
        found = run("predict", folder)
    return [
        "### One clip of 3 s at 16 kHz, from file to label, by a loaded pipeline",
        "",
        "| part | ms wall, median | ms CPU, median |",
        "|---|---|---|",
        *[f"| {name} | {wall:.1f} | {cpu:.1f} |" for name, (wall, cpu) in found["parts"].items()],
        "",
        f"Loading the file took {found['loading']:.0f} ms and the first clip, which imports Keras and compiles, "
        f"{found['first']:.0f} ms.",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", default="memory,search,epoch,predict")
    parser.add_argument("--backend", default=os.environ.get("KERAS_BACKEND", "tensorflow"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the tables into RESULTS.md")
    options = parser.parse_args()
    os.environ["KERAS_BACKEND"] = options.backend
    reports = {"memory": report_memory, "search": report_search, "epoch": report_epoch, "predict": report_predict}
    from importlib.metadata import version

    about = (
        f"`python benchmarks/cnn.py --backend {options.backend}`, {options.rounds} rounds. Python "
        f"{platform.python_version()}, {platform.machine()}, keras {version('keras')}, "
        f"scikit-learn {version('scikit-learn')}; load of the machine {os.getloadavg()[1]:.1f} at the start."
    )
    lines = [about]
    print(about, flush=True)
    for part in options.parts.split(","):
        table = ["", *reports[part](options.rounds)]
        print("\n".join(table), flush=True)
        lines += table
    if options.write:
        from results import write_section

        write_section(f"CNN, {options.backend}", "\n".join(lines))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        part, *arguments = sys.argv[2:]
        children = {f.__name__: f for f in (over_fits, search, epoch, save_pipeline, predict)}
        typed = [int(value) if value.isdecimal() else value for value in arguments]
        print("\n" + json.dumps(children[part](*typed)))
    else:
        main()
