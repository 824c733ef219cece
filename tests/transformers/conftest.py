"""Recordings made on the spot, shared by the tests of loader and extractors."""

import numpy as np
import pytest
import soundfile

from audiofeat.transformers import _threads, _turns


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


class Clock:
    """Time that goes by as it is told to."""

    def __init__(self, monkeypatch):
        self.own = self.by_the_clock = 100.0
        monkeypatch.setattr(_turns, "thread_time", lambda: self.own)
        for module in (_threads, _turns):
            monkeypatch.setattr(module, "perf_counter", lambda: self.by_the_clock)

    def goes_by(self, seconds, own=None):
        self.by_the_clock += seconds
        self.own += seconds if own is None else own


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)
