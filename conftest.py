"""Examples in docstrings skip, with the reason, where what they need beyond the core is not installed."""

import doctest

import pytest

from audiofeat import MissingExtraError


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    try:
        return (yield)
    except doctest.UnexpectedException as exc:
        missing = exc.exc_info[1]
        elsewhere = isinstance(missing, ModuleNotFoundError) and not (missing.name or "").startswith("audiofeat")
        if elsewhere or isinstance(missing, MissingExtraError):
            pytest.skip(f"{item.name}: {missing}")
        raise
