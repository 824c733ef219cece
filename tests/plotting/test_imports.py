import subprocess
import sys


def test_matplotlib_is_imported_only_when_something_is_drawn():
    code = "import sys, audiofeat.plotting; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
