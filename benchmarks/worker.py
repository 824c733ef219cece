"""A process that times one library on request: a line with a case in, a line with seconds out."""

import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
from clips import make_clips  # noqa: E402
from peers import ADAPTERS, Case  # noqa: E402

# Seconds of CPU that a library is timed for at least.
SHORTEST = 0.05


def use_fft(name: str) -> None:
    """Choose the library behind scipy.fft, by its public mechanism; without a name the compiled spectra serve."""
    import scipy.fft

    if name == "ducc0":
        from ducc0_backend import Ducc0Backend

        scipy.fft.set_global_backend(Ducc0Backend)
    elif name == "mkl":
        import mkl_fft.interfaces.scipy_fft as mkl

        scipy.fft.set_global_backend(mkl)
    elif name == "scipy":
        scipy.fft.set_global_backend("scipy")


def main(library: str) -> None:
    use_fft(library.partition(" ")[2])
    clips: dict[int, list[np.ndarray]] = {}
    functions: dict[Case, object] = {}
    for line in sys.stdin:
        case = Case(*json.loads(line))
        try:
            if case not in functions:
                functions[case] = ADAPTERS[library](case)
                clips.setdefault(case.sample_rate, make_clips(case.sample_rate))
                if functions[case] is not None:
                    functions[case](clips[case.sample_rate][0])
            function = functions[case]
            if function is None:
                answer = {"lacks": True}
            else:
                # Fast libraries go over the clips several times, so that all are awake for most of what is timed.
                start, passes = time.process_time(), 0
                while (seconds := time.process_time() - start) < SHORTEST or not passes:
                    for clip in clips[case.sample_rate]:
                        function(clip)
                    passes += 1
                answer = {"seconds": seconds / passes}
        except Exception as exc:
            answer = {"error": f"{type(exc).__name__}: {exc}"}
        sys.__stdout__.write(json.dumps(answer) + "\n")
        sys.__stdout__.flush()


if __name__ == "__main__":
    main(sys.argv[1])
