"""What names of files say of the recordings that clips were cut from."""

import itertools

import numpy as np
import pytest

from audiofeat import datasets
from audiofeat.compare.recordings import shared_names


def guessed(paths, y=None):
    """Names that several clips share."""
    y = [str(path).rpartition("/")[2][:3] for path in paths] if y is None else y
    groups = shared_names(paths, y)
    if groups is None:
        return None
    names, counts = np.unique(groups.astype(str), return_counts=True)
    return set(names[counts > 1])


CLASSES = ("cat", "dog")
# Names in which each number is a recording.
APART = {
    "numbers": [f"{c}_{i}.wav" for c in CLASSES for i in range(1, 60)],
    "cats and dogs": [f"cat_{i}.wav" for i in range(1, 168)] + [f"dog_barking_{i}.wav" for i in range(113)],
    "numbers in folders of classes": [f"/data/{c}/{i:04d}.wav" for c in CLASSES for i in range(40)],
    "numbers before the class": [f"{i:04d}_{CLASSES[i % 2]}.wav" for i in range(60)],
    "clips that are counted": [f"{c}_clip_{i}.wav" for c in CLASSES for i in range(40)],
    "split and class": [f"{s}_{c}_{i}.wav" for s in ("train", "test") for c in CLASSES for i in range(20)],
    "folders of folds": [f"fold{i % 5}/{c}_{i}.wav" for c in CLASSES for i in range(40)],
    "moments": [f"202306{d:02d}_{h:02d}3000.wav" for d in range(1, 20) for h in range(0, 24, 2)],
    "moments with dashes": [
        f"{c}_2023-06-{d:02d} {h:02d}-30-00.wav" for c in CLASSES for d in range(1, 9) for h in (1, 5)
    ],
    "a setting": [f"cat_{i:03d}_{('small', 'large', 'middle')[i % 3]}.wav" for i in range(60)],
    "two microphones": [f"{c}_{i:03d}_mic{m}.wav" for c in CLASSES for i in range(20) for m in (1, 2)],
    "codes": [
        "-".join(f"{part:02d}" for part in parts) + ".wav"
        for parts in itertools.product((3,), (1,), (1, 2, 3), (1, 2), (1, 2), (1, 2), range(1, 13))
    ],
    "one clip": ["cat_1.wav"],
}


@pytest.mark.parametrize("names", APART.values(), ids=APART)
def test_names_that_stand_for_themselves(names):
    labels = [next((c for c in CLASSES if c in name), str(i % 2)) for i, name in enumerate(names)]
    assert guessed(names, labels) is None


SHARED = {
    "recording and segment": (
        [f"rec{r}_seg{s}.wav" for r in range(6) for s in range(3)],
        [CLASSES[r % 2] for r in range(6) for _ in range(3)],
        {f"rec{r}" for r in range(6)},
    ),
    "glued": (
        [f"rec{r}part{s}.wav" for r in range(6) for s in range(3)],
        [CLASSES[r % 2] for r in range(6) for _ in range(3)],
        {f"rec{r}" for r in range(6)},
    ),
    "a folder for each recording": (
        [f"/data/{CLASSES[r % 2]}/night{r}/{s}.wav" for r in range(6) for s in range(3)],
        [CLASSES[r % 2] for r in range(6) for _ in range(3)],
        {f"night{r}" for r in range(6)},
    ),
    "begin and end": (
        [f"video{i:03x}_{s}000_{s + 5}000.wav" for i in range(6) for s in (0, 5, 10)],
        [CLASSES[i % 2] for i in range(6) for _ in range(3)],
        {f"video{i:03x}" for i in range(6)},
    ),
    "numbered within the class": (
        [f"{c}_{i}_{k}.wav" for c in CLASSES for i in range(4) for k in range(1, 6)],
        [c for c in CLASSES for _ in range(20)],
        {f"{c} {i}" for c in CLASSES for i in range(4)},
    ),
    "speakers": (
        [f"{d}_{s}_{k}.wav" for d in range(3) for s in ("ann", "ben", "eve") for k in range(4)],
        [str(d) for d in range(3) for _ in range(12)],
        {"ann", "ben", "eve"},
    ),
}


@pytest.mark.parametrize(("names", "labels", "expected"), SHARED.values(), ids=SHARED)
def test_names_that_clips_share(names, labels, expected):
    assert guessed(names, labels) == expected


def test_clips_from_memory_share_nothing():
    assert shared_names([None] * 4, ["cat", "cat", "dog", "dog"]) is None
    groups = shared_names([*SHARED["glued"][0], None, None], [*SHARED["glued"][1], "cat", "dog"])
    assert len(set(groups[-2:])) == 2


def test_the_published_data_sets(data_folder):
    digits = datasets.fetch_fsdd(data_home=data_folder, download_if_missing=False)
    np.testing.assert_array_equal(shared_names(digits.data, digits.target), digits.groups)
    # a part of them, in which few numbers are left
    some = np.random.default_rng(0).permutation(3000)[:300]
    np.testing.assert_array_equal(shared_names(digits.data[some], digits.target[some]), digits.groups[some])
    sounds = datasets.fetch_esc10(download_if_missing=False)
    guess = shared_names(sounds.data, sounds.target).astype(str)
    _, theirs = np.unique(sounds.groups, return_inverse=True)
    _, ours = np.unique(guess, return_inverse=True)
    # the same partition: each of ours is one of theirs
    assert len(set(zip(ours, theirs, strict=True))) == len(set(theirs)) == len(set(ours))
    pets = datasets.fetch_cats_dogs(download_if_missing=False)
    assert shared_names(pets.data, pets.target) is None
