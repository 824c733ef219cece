"""Time feature extraction against other libraries, and write RESULTS.md beside this file.

    python benchmarks/run.py [--rounds 15] [--libraries audiofeat,librosa]

One process per library on one core, asked in turn, round after round, so that whatever else the machine does hits all of
them alike. What is reported is CPU time per second of audio, and the ratio to librosa of each round: its median, with the
quarter and three-quarter points.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

from clips import N_CLIPS, SECONDS
from peers import ADAPTERS, CASES
from results import write_section

HERE = Path(__file__).parent
_OTHERS = (
    ("From files", "files.py"),
    ("Memory beside the output", "memory.py"),
    ("A whole search", "search.py"),
    ("Along a recording, in windows of 3 s every second", "long_recordings.py"),
)
# Peers that requirements.txt leaves out.
_LEFT_OUT = {"torchaudio": "its wheels on the package index load CUDA libraries"}
_DISTRIBUTIONS = {"audiofeat": "scikit-audiofeat", "floor": "scikit-audiofeat"}


class Worker:
    """A process that times one library."""

    def __init__(self, library: str):
        pin = ["taskset", "-c", "0"] if sys.platform == "linux" else []
        self.process = subprocess.Popen(
            [*pin, sys.executable, HERE / "worker.py", library],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONWARNINGS": "ignore"},
        )

    def ask(self, case) -> dict:
        try:
            self.process.stdin.write(json.dumps(case) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            return {"error": "the process died"}


def measure(libraries: list[str], rounds: int) -> tuple[dict, dict[str, str]]:
    """Seconds of CPU time by case and library, one entry per round; and why libraries could not be run."""
    workers = {library: Worker(library) for library in libraries}
    times: dict = {}
    errors: dict[str, str] = {}
    for case in CASES:
        for round_ in range(rounds + 1):
            for library, worker in workers.items():
                answer = worker.ask(case)
                if "error" in answer:
                    # Its kind: the message may name folders of this machine.
                    errors[library] = answer["error"].partition(":")[0]
                elif "seconds" in answer and round_:  # the first round warms up
                    times.setdefault(case, {}).setdefault(library, []).append(answer["seconds"])
            print(f"\r{case.name}: round {round_}/{rounds} ", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    return times, errors


def report(times: dict) -> str:
    """The table, as Markdown."""
    audio = N_CLIPS * SECONDS
    lines = ["| case | library | ms CPU per second of audio | times as fast as librosa |", "|---|---|---|---|"]
    for case, by_library in times.items():
        for library, seconds in by_library.items():
            cost = 1000 * statistics.median(seconds) / audio
            ratio = ""
            if "librosa" in by_library and len(seconds) == len(by_library["librosa"]):
                ratios = [base / own for base, own in zip(by_library["librosa"], seconds, strict=True)]
                low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
                ratio = f"{middle:.2f} ({low:.2f} to {high:.2f})"
            lines.append(f"| {case.name} | {library} | {cost:.3f} | {ratio} |")
    return "\n".join(lines)


def versions(libraries: list[str]) -> str:
    found = []
    for library in dict.fromkeys(name.partition(" ")[0] for name in [*libraries, "numpy", "scipy"]):
        try:
            found.append(f"{library} {importlib.metadata.version(_DISTRIBUTIONS.get(library, library))}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{library} not installed")
    return ", ".join(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--libraries", default=",".join(ADAPTERS), help=f"out of {', '.join(ADAPTERS)}")
    parser.add_argument("--arrays-only", action="store_true", help="leave out files, memory and searches")
    arguments = parser.parse_args()
    libraries = arguments.libraries.split(",")
    times, errors = measure(libraries, arguments.rounds)
    text = (
        f"Made by `make bench`. Python {platform.python_version()}, {platform.machine()}, one core; "
        f"{versions(libraries)}.\n"
        f"{arguments.rounds} interleaved rounds over {N_CLIPS} clips of {SECONDS:g} s; "
        "median, with the quarter and three-quarter points of the ratios.\n\n"
        f"{report(times)}\n"
    )
    if errors:
        reasons = (f"{library} ({_LEFT_OUT.get(library, reason)})" for library, reason in errors.items())
        text += "\nNot run: " + "; ".join(reasons) + ".\n"
    write_section("Arrays in memory", text)
    print(text)
    if arguments.arrays_only:
        return
    for title, script in _OTHERS:
        print(script, file=sys.stderr)
        done = subprocess.run([sys.executable, "-W", "ignore", HERE / script], capture_output=True, text=True)
        write_section(title, f"`python benchmarks/{script}`\n\n{done.stdout or done.stderr[-500:]}")
    # It writes its own section, by the version of librosa.
    subprocess.run([sys.executable, "-W", "ignore", HERE / "exactness.py"], check=False)


if __name__ == "__main__":
    main()
