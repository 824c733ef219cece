"""Workers do not answer to Ctrl-C, and the process that started them does."""

import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="no signal masks here")

# What is sent while the workers start comes when they have, and only here.
CODE = """
import os, signal, sys
from joblib import Parallel, delayed
from audiofeat.cli.workers import started

def masked():
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())

if __name__ == "__main__":
    with started(2):
        print(Parallel(n_jobs=2)(delayed(masked)() for _ in range(4)), masked(), flush=True)
    os.killpg(os.getpgid(0), signal.SIGINT)
    # Whichever thread the signal comes to, this one hears of it between two steps.
    for _ in range(10**9):
        pass
"""


def test_workers_are_deaf_to_ctrl_c(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(CODE)
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    assert done.stdout == "[True, True, True, True] False\n"
    assert done.stderr.count("KeyboardInterrupt") == 1
    assert done.stderr.count("Traceback") == 1
