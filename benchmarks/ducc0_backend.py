"""ducc0 behind scipy.fft: its own functions are not in the form that `scipy.fft.set_backend` wants."""

import ducc0.fft
import scipy.fft


class Ducc0Backend:
    """The transform that audiofeat uses, for `scipy.fft.set_global_backend`; everything else stays SciPy's."""

    __ua_domain__ = "numpy.scipy.fft"

    @staticmethod
    def __ua_function__(method, args, kwargs):
        if method is not scipy.fft.rfft or set(kwargs) - {"axis"} or len(args) != 1:
            return NotImplemented
        return ducc0.fft.r2c(args[0], axes=(kwargs.get("axis", -1),))
