"""Another library behind scipy.fft, by SciPy's public mechanism."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.fft

from audiofeat.dsp import CepstrumRecipe, FrameSpec, extract, power_spectrum
from audiofeat.dsp.filterbanks import _lifted_dct


class OnlyRfft:
    """A backend that counts, and has nothing but the transform of real frames."""

    __ua_domain__ = "numpy.scipy.fft"
    calls = 0

    @classmethod
    def __ua_function__(cls, method, args, kwargs):
        if method is not scipy.fft.rfft:
            return NotImplemented
        cls.calls += 1
        return np.fft.rfft(*args, **kwargs)


def test_a_backend_without_a_cosine_transform_serves(rng):
    clip = rng.standard_normal(8000)
    expected = extract(clip, FrameSpec(), [CepstrumRecipe()])[0]
    _lifted_dct.cache_clear()
    with scipy.fft.set_backend(OnlyRfft, only=True):
        found = extract(clip, FrameSpec(), [CepstrumRecipe()])[0]
    assert OnlyRfft.calls
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


STANDS_IN = """
import numpy as np
calls = 0
def rfft(x, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, *, plan=None):
    global calls
    calls += 1
    assert workers == 1
    return np.fft.rfft(x, n=n, axis=axis)
"""

USES = """
import sys
import numpy as np
import scipy.fft
from audiofeat.dsp import FrameSpec, power_spectrum
from tests.dsp.test_fft_backends import OnlyRfft

# A length that the compiled spectra do not serve.
clip, spec = np.random.default_rng(0).standard_normal(4000), FrameSpec(n_fft=250)
assert "mkl_fft" not in sys.modules
power = power_spectrum(clip, spec)
import mkl_fft.interfaces.scipy_fft as fast
assert fast.calls == 1, "what is installed serves audiofeat"
scipy.fft.rfft(clip)
scipy.fft.dct(clip)
assert fast.calls == 1, "and nobody else"
with scipy.fft.set_backend(OnlyRfft):
    power_spectrum(clip, spec)
assert (fast.calls, OnlyRfft.calls) == (1, 1), "the user's backend comes first"
scipy.fft.set_global_backend("scipy")
np.testing.assert_allclose(power_spectrum(clip, spec), power, rtol=1e-9, atol=1e-9)
assert fast.calls == 1, "so does the user's global one"
"""


def test_the_fast_library_serves_audiofeat_alone_and_behind_the_user(tmp_path):
    (tmp_path / "mkl_fft" / "interfaces").mkdir(parents=True)
    for name in ("mkl.py", "mkl_fft/__init__.py", "mkl_fft/interfaces/__init__.py"):
        (tmp_path / name).touch()
    (tmp_path / "mkl_fft" / "interfaces" / "scipy_fft.py").write_text(STANDS_IN)
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(tmp_path), str(root), os.environ.get("PYTHONPATH", "")])
    subprocess.run([sys.executable, "-c", USES], check=True, env=os.environ | {"PYTHONPATH": path})


@pytest.mark.parametrize("n_fft", [250, 450, 1021])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_fast_library_agrees(n_fft, dtype, rng):
    pytest.importorskip("mkl_fft.interfaces.scipy_fft", reason="the extra fast is not installed")
    clip = rng.standard_normal(8000).astype(dtype)
    with scipy.fft.set_backend("scipy"):
        expected = power_spectrum(clip, FrameSpec(n_fft=n_fft))
    found = power_spectrum(clip, FrameSpec(n_fft=n_fft))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, atol=(1e-6 if dtype == np.float32 else 1e-13) * expected.max())
