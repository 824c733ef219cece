"""Recordings to learn from: loaders for your own, fetchers for published ones, and synthetic calls.

Each function returns a `sklearn.utils.Bunch` whose ``data`` `AudioLoader` takes as it is and whose ``target`` holds
labels as strings; ``groups``, where there is one, says which clips must stay on one side of a split.
"""

from audiofeat.datasets.cats_dogs import fetch_cats_dogs
from audiofeat.datasets.esc10 import fetch_esc10
from audiofeat.datasets.folders import load_folder
from audiofeat.datasets.fsdd import fetch_fsdd
from audiofeat.datasets.splits import load_split_table
from audiofeat.datasets.synthetic import make_animal_calls
from audiofeat.datasets.tables import load_table
from audiofeat.datasets.windows import windows

__all__ = [
    "fetch_cats_dogs",
    "fetch_esc10",
    "fetch_fsdd",
    "load_folder",
    "load_split_table",
    "load_table",
    "make_animal_calls",
    "windows",
]
