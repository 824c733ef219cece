"""Fixtures that test folders share: the seeded generator, the real recordings where they are, and a browser."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


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


@pytest.fixture(scope="session")
def browser():
    """A browser that hears a tone in its microphone."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no browser to drive")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine: pages are not visited")
    arguments = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()
