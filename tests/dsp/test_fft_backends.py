"""Another library behind scipy.fft, by SciPy's public mechanism."""

import numpy as np
import scipy.fft

from audiofeat.dsp import CepstrumRecipe, FrameSpec, extract
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
