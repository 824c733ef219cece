"""A model of cats and dogs, the page that serves it in a process of its own, and a visitor."""

import os
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from audiofeat import AudioLoader, MelSpectrogram, datasets, save_model

# A busy machine takes its time, most of all for the first page of a new browser [ms].
PATIENCE = 180_000
START = [sys.executable, "-c", "from audiofeat.cli import main; main()"]


@pytest.fixture(scope="session")
def calls():
    return datasets.make_animal_calls(16, duration=(0.4, 0.6), random_state=0)


@pytest.fixture(scope="session")
def small_model(calls):
    model = make_pipeline(AudioLoader(sample_rate=8000, duration=0.5), MelSpectrogram(n_fft=512), LogisticRegression())
    return model.fit(calls.data, calls.target)


@pytest.fixture(scope="session")
def pets(data_folder):
    """Files of real cats and dogs: some that the model below has heard, and one of each that it has not."""
    folder = data_folder / "cats_dogs" / "wav"
    known = [folder / f"{name}_{i}.wav" for name in ("cat", "dog_barking") for i in range(50, 110)]
    known = [path for path in known if path.exists()]
    labels = [path.name.partition("_")[0] for path in known]
    return SimpleNamespace(known=known, labels=labels, cat=folder / "cat_10.wav", dog=folder / "dog_barking_10.wav")


@pytest.fixture(scope="session")
def pets_file(pets, tmp_path_factory):
    model = make_pipeline(
        AudioLoader(sample_rate=16000, duration=3.0),
        MelSpectrogram(n_mels=64, n_fft=1024, pooling=("mean", "std", "max")),
        StandardScaler(),
        LogisticRegression(C=0.01),
    )
    path = tmp_path_factory.mktemp("model") / "pets.joblib"
    save_model(model.fit(pets.known, pets.labels), path)
    return path


class Page:
    """The command ``audiofeat demo`` in a process of its own."""

    def __init__(self, model, temporary, *options):
        self.temporary = temporary
        environment = os.environ | {"TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}
        command = [*START, "demo", str(model), "--no-browser", *map(str, options)]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        # A page that never comes must not hold up all other tests.
        watch = threading.Timer(120, self.process.kill)
        watch.start()
        line = self.process.stdout.readline()
        advice = self.process.stdout.readline()
        watch.cancel()
        assert advice == "Ctrl+C ends it.\n", advice + self.stop()
        assert line.startswith("The page is at http://127.0.0.1:"), line + self.stop()
        self.address = line.split()[-1]

    @property
    def files(self):
        """Files in its temporary folder, but for the examples."""
        return [path for path in self.temporary.rglob("*") if path.is_file() and "examples" not in path.parts]

    def stop(self):
        """Tell it to stop, and return what it had to say."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        with self.process.stdout as stdout:
            return stdout.read()


@pytest.fixture(scope="session")
def start():
    """Open a page; whatever becomes of the test, its process ends."""
    pytest.importorskip("gradio", reason="Gradio is not installed: there is no page to open")
    pages = []

    def open_one(*arguments):
        pages.append(Page(*arguments))
        return pages[-1]

    yield open_one
    for page in pages:
        if page.process.poll() is None:
            page.stop()


@pytest.fixture(scope="session")
def served(pets, pets_file, start, tmp_path_factory):
    options = ["--title", "Cats & dogs", "--example", pets.cat, "--example", pets.dog]
    return start(pets_file, tmp_path_factory.mktemp("temporary"), *options, "--max-megabytes", 1, "--max-files", 3)


@pytest.fixture
def visit(browser, served):
    """A visitor on the page, who notes what the browser asks for and complains of."""
    context = browser.new_context(viewport={"width": 1200, "height": 840})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.asked, page.complaints = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    page.goto(served.address)
    page.wait_for_selector("#clip input[type=file]", state="attached")
    yield page
    context.close()
