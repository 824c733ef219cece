"""Make the registries beside this script from copies of the data sets.

A maintainer's tool, run when a pinned commit changes and imported by nothing::

    python audiofeat/datasets/registries/make_registries.py FOLDER

with FOLDER as AUDIOFEAT_DATA would name it. For ESC-10 it needs the list of the checksums of all 400 clips and the
attribution that the data set ships as its README. Made with NumPy 2.4 and soundfile 0.14.

- ``cats_dogs.txt``, ``fsdd.txt``, ``esc10.txt``: checksums and paths in the repository, as ``sha256sum`` writes them.
- ``cats_dogs_recordings.txt``: for each clip the first clip that it shares samples with, directly or through others.
- ``esc10_clips.txt``: whom each clip of ESC-10 is owed to, and under which licence.
"""

import argparse
import hashlib
import re
from pathlib import Path

import numpy as np
import soundfile

HERE = Path(__file__).parent

# A run of this many samples (50 ms at 16 kHz), not silent and equal to the last bit, does not come about by chance.
SHARED_SAMPLES = 800
SILENT_BELOW = 50  # of the 32767 that an int16 reaches

ATTRIBUTION = re.compile(
    r"- \[(?P<clip>\S+)\]:\s+clip derived from (?P<title>.*) \((?P<url>http\S+)\) by (?P<author>.*) \[(?P<licence>[^]]+)\]"
)


def natural(name):
    """Sort ``cat_2`` before ``cat_10``."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def write(name, lines):
    """Write a registry."""
    (HERE / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def checksums(paths):
    """Give the lines of ``sha256sum`` for pairs of a file and its path in the repository."""
    return [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {remote}"
        for file, remote in sorted(paths, key=lambda pair: natural(pair[1]))
    ]


def shared_recordings(files):
    """Group clips that share a run of samples: the first clip of the group for each of them.

    Each clip is cut into runs of `SHARED_SAMPLES`; two clips share a run if it occurs anywhere in the other. The first
    four samples of a run, as one 64-bit number, find the candidates.
    """
    clips = [np.ascontiguousarray(soundfile.read(file, dtype="int16")[0]) for file in files]
    runs, owners, starts = [], [], []
    for index, clip in enumerate(clips):
        for start in range(0, len(clip) - SHARED_SAMPLES, SHARED_SAMPLES):
            if np.abs(clip[start : start + SHARED_SAMPLES].astype(int)).max() >= SILENT_BELOW:
                runs.append(clip[start : start + 4].tobytes())
                owners.append(index)
                starts.append(start)
    keys = np.frombuffer(b"".join(runs), dtype=np.int64)
    order = np.argsort(keys, kind="stable")
    leader = list(range(len(clips)))

    def find(index):
        while leader[index] != index:
            index = leader[index]
        return index

    for index, clip in enumerate(clips):
        here = np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(clip, 4)).view(np.int64).ravel()
        low = np.searchsorted(keys, here, "left", sorter=order)
        high = np.searchsorted(keys, here, "right", sorter=order)
        for position in np.flatnonzero(high > low):
            run = clip[position : position + SHARED_SAMPLES]
            for entry in order[low[position] : high[position]]:
                owner, start = owners[entry], starts[entry]
                if find(owner) == find(index):
                    continue
                if np.array_equal(run, clips[owner][start : start + SHARED_SAMPLES]):
                    first, second = sorted((find(owner), find(index)))
                    leader[second] = first
    return [files[find(index)].stem for index in range(len(files))]


def main():
    """Write all registries."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder

    pets = sorted((folder / "cats_dogs" / "wav").glob("*.wav"), key=lambda file: natural(file.name))
    table = folder / "cats_dogs" / "train_test_split.csv"
    write("cats_dogs.txt", checksums([(table, table.name), *((file, f"cats_dogs/{file.name}") for file in pets)]))
    write(
        "cats_dogs_recordings.txt",
        [f"{file.name}\t{first}" for file, first in zip(pets, shared_recordings(pets), strict=True)],
    )

    digits = (folder / "fsdd" / "recordings").glob("*.wav")
    write("fsdd.txt", checksums([(file, f"recordings/{file.name}") for file in digits]))

    esc = folder / "esc10_dev"
    write(
        "esc10.txt", sorted((esc / "sha256-all-400.txt").read_text().splitlines(), key=lambda line: natural(line[66:]))
    )
    credits = [match.groupdict() for match in ATTRIBUTION.finditer((esc / "README.txt").read_text(encoding="utf-8"))]
    fields = ("clip", "licence", "author", "title", "url")
    write("esc10_clips.txt", ["\t".join(credit[field] for field in fields) for credit in credits])


if __name__ == "__main__":
    main()
