"""Recordings made on the spot, shared by the tests of loader and extractors."""

import numpy as np
import pytest
import soundfile


@pytest.fixture
def write_clip(tmp_path):
    """A function that writes a recording and gives its path; noise unless told what."""

    def write(name, samples=None, rate=8000, **options):
        if samples is None:
            samples = 0.1 * np.random.default_rng(len(name)).standard_normal(rate // 2)
        path = tmp_path / name
        soundfile.write(path, samples, rate, **options)
        return path

    return write


@pytest.fixture
def decoded(monkeypatch):
    """The list of files that soundfile has decoded since, one entry per reading."""
    readings = []
    read = soundfile.SoundFile.read

    def counting(self, *args, **kwargs):
        readings.append(self.name)
        return read(self, *args, **kwargs)

    monkeypatch.setattr(soundfile.SoundFile, "read", counting)
    return readings
