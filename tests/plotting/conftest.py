"""Drawing without a screen, and no figure left open by a test."""

import matplotlib
import pytest

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def closed_figures():
    """Close what a test has drawn."""
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


@pytest.fixture
def draw():
    """Render a figure, so that warnings of the layout or the canvas fail the test."""

    def render(display):
        display.figure_.canvas.draw()
        return display

    return render
