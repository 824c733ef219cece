"""What importing the datasets does not cost."""

import subprocess
import sys

LATE = ("pooch", "requests", "rich", "soundfile", "matplotlib", "keras", "librosa")


def test_heavy_modules_come_late():
    code = f"import sys, audiofeat.datasets; print([name for name in {LATE} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
