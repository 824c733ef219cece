"""Measure how often each road from recordings to labels is right on clips it has not seen.

    python benchmarks/accuracy.py                                   # the three published data sets, minutes to hours
    python benchmarks/accuracy.py --quick                           # the same code on a few clips, a minute or two
    python benchmarks/accuracy.py esc10 --roads CNN "MFCC, SVC"
    python benchmarks/accuracy.py path/to/folder path/to/index.csv  # your own recordings; see accuracy_problems.py

For each part that is held out, the settings of each road are chosen by cross-validation on the other clips, the pipeline
is fitted to all of those with the best ones, once for each seed, and only then the held-out clips are looked at.
Accuracy is the mean over seeds of the share of all held-out clips that are labelled right. Its interval (95 %) comes from
drawing groups of clips anew (clips, where there are no groups; not over seeds), since clips of one recording or speaker
are right or wrong together. Times are seconds of CPU: of all choosing together, and the median of fits and predictions.
All roads learn from these recordings alone, but for those whose names say otherwise.
"""

import argparse
import sys
import tempfile
import time

import numpy as np
from accuracy_problems import Problem, inner_folds, open_problem
from accuracy_roads import ROADS
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, ParameterGrid

DRAWS = 2000
QUICK_CLIPS = 120
_FEWEST_EPOCHS = 12


def measure(road, problem: Problem, *, seeds: int, store: str, choose_clips: int | None, quick: bool) -> dict:
    """Train and test one road on every part that is held out."""
    right = np.full((seeds, len(problem.target)), np.nan)
    choosing, fitting, predicting, chosen = 0.0, [], [], []
    for number, (train, test) in enumerate(problem.splits, 1):
        sound = problem.sound(train)
        pipeline, grid = road(sound, 0, store)
        started = time.process_time()
        best = 0 if quick else choose(pipeline, grid, problem, train, choose_clips)
        choosing += time.process_time() - started
        chosen.append(settings := list(ParameterGrid(grid))[best])
        for seed in range(seeds):
            pipeline, grid = road(sound, seed, store)
            values = list(ParameterGrid(grid))[best]
            pipeline.set_params(**{name: clone(value, safe=False) for name, value in values.items()})
            if quick:
                pipeline.set_params(**dict.fromkeys(epochs_of(pipeline), 3))
            started = time.process_time()
            pipeline.fit(problem.clips(train), problem.target[train])
            fitting.append(time.process_time() - started)
            started = time.process_time()
            right[seed, test] = pipeline.predict(problem.clips(test)) == problem.target[test]
            predicting.append((time.process_time() - started) / len(test))
            note = f"  held out {number}/{len(problem.splits)}, seed {seed}: {right[seed, test].mean():.3f}"
            print(f"{note}, fit {fitting[-1]:.1f} s, {settings}", file=sys.stderr, flush=True)
    tested = ~np.isnan(right[0])
    return {
        "right": right[:, tested],
        "groups": None if problem.groups is None else problem.groups[tested],
        "choosing": choosing,
        "fitting": float(np.median(fitting)),
        "predicting": float(np.median(predicting)),
        "chosen": chosen,
    }


def choose(pipeline, grid, problem: Problem, train, most_clips) -> int:
    """Choose settings by cross-validation within the training clips: which of the grid."""
    if len(list(ParameterGrid(grid))) == 1:
        return 0
    # Which settings suit shows long before a network is trained out.
    pipeline.set_params(**{name: max(_FEWEST_EPOCHS, value // 3) for name, value in epochs_of(pipeline).items()})
    folds = inner_folds(problem, train, most_clips)
    search = GridSearchCV(pipeline, grid, cv=folds, refit=False, error_score="raise")
    search.fit(problem.clips(train), problem.target[train])
    return int(search.best_index_)


def epochs_of(pipeline) -> dict[str, int]:
    """Numbers of epochs of the networks in a pipeline, by parameter."""
    return {name: value for name, value in pipeline.get_params().items() if name.endswith("__epochs")}


def interval(right: np.ndarray, groups) -> tuple[float, float]:
    """Bootstrap the accuracy over groups of clips, or over clips."""
    per_clip = right.mean(axis=0)
    if groups is None or len(np.unique(groups)) == 1:
        groups = np.arange(len(per_clip))
    names = np.unique(groups, return_inverse=True)[1]
    correct, size = np.bincount(names, weights=per_clip), np.bincount(names)
    drawn = np.random.default_rng(0).integers(len(size), size=(DRAWS, len(size)))
    low, high = np.quantile(correct[drawn].sum(axis=1) / size[drawn].sum(axis=1), (0.025, 0.975))
    return float(low), float(high)


def report(problem: Problem, name: str, result: dict) -> str:
    """One row of the table."""
    right = result["right"]
    low, high = interval(right, result["groups"])
    seeds = ", ".join(f"{100 * share:.1f}" for share in right.mean(axis=1))
    return (
        f"| {problem.name} | {name} | {100 * right.mean():.1f} | {100 * low:.1f} to {100 * high:.1f} | {seeds} "
        f"| {result['choosing']:.0f} | {result['fitting']:.1f} | {1000 * result['predicting']:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("problems", nargs="*", default=["cats_dogs", "esc10", "fsdd"], help="names, folders, CSV files")
    parser.add_argument("--roads", nargs="+", default=list(ROADS), choices=list(ROADS), metavar="ROAD")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--choose-clips", type=int, default=300, help="most training clips that settings are chosen on")
    parser.add_argument("--store", help="folder that keeps features from run to run")
    parser.add_argument("--quick", action="store_true", help="few clips, one split, one seed, first settings")
    arguments = parser.parse_args()
    rows, notes = [], []
    with tempfile.TemporaryDirectory() as folder:
        for where in arguments.problems:
            problem = open_problem(where)
            if arguments.quick:
                problem = problem.smaller(QUICK_CLIPS)
            classes, clips = len(np.unique(problem.target)), sum(len(test) for _, test in problem.splits)
            notes.append(f"{problem.name}: {classes} classes, {clips} clips tested, held out: {problem.held_out}.")
            for name in arguments.roads:
                print(f"{problem.name}, {name}", file=sys.stderr, flush=True)
                result = measure(
                    ROADS[name],
                    problem,
                    seeds=1 if arguments.quick else arguments.seeds,
                    store=arguments.store or folder,
                    choose_clips=arguments.choose_clips,
                    quick=arguments.quick,
                )
                rows.append(report(problem, name, result))
                print(rows[-1], file=sys.stderr, flush=True)
    print("\n".join(notes), end="\n\n")
    print("| data | road | accuracy [%] | interval | seeds | choosing [s] | one fit [s] | prediction [ms] |")
    print("|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
