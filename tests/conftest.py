"""Fixtures that every test folder shares: the seeded generator, and the real recordings where they are."""

import os
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def rng():
    """A generator with the same stream in every test, whatever ran before it."""
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def data_folder():
    """The folder of real recordings that AUDIOFEAT_DATA names; tests that ask for it are skipped without one."""
    named = os.environ.get("AUDIOFEAT_DATA")
    if not named:
        pytest.skip("AUDIOFEAT_DATA is not set: no real recordings to read")
    folder = Path(named).resolve()
    if not folder.is_dir():
        pytest.skip(f"AUDIOFEAT_DATA names {named}, which is no folder")
    return folder
