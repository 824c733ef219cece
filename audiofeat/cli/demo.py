"""``audiofeat demo``: a page in the browser to try a model on."""

import sys
from pathlib import Path

import click

__all__ = ["demo"]

# More than this would push the page itself out of sight.
_MOST_EXAMPLES = 20


@click.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--example",
    "-e",
    "examples",
    multiple=True,
    type=click.Path(exists=True),
    help="A recording that visitors can choose, or a folder of them. Can be given several times.",
)
@click.option("--title", default=None, help="Heading of the page.  [default: the name of the file]")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 lets others in.")
@click.option("--port", default=None, type=click.IntRange(0, 65535), help="Port to listen on.  [default: a free one]")
@click.option("--browser/--no-browser", default=None, help="Open the page in a browser.  [default: on a terminal]")
@click.option("--max-seconds", default=120.0, show_default=True, help="Longest recording that is taken [s].")
@click.option("--max-megabytes", default=20.0, show_default=True, help="Largest file that is taken [MB].")
@click.option("--max-files", default=100, show_default=True, help="Most files at once.")
@click.option("--trust", multiple=True, help="A type in a .skops file that you trust. Can be given several times.")
def demo(model, examples, title, host, port, browser, max_seconds, max_megabytes, max_files, trust):
    """Open a page in the browser to try the MODEL on.

    Upload or record a clip, and see the probability of each label, the waveform, the feature that the model reads, and
    what in it the model listens to; or send many files, and get a table. What visitors send is removed when they leave, and
    nothing goes to other hosts.

    Whoever starts this loads the MODEL: a joblib file can run any code, so start it only with one that you trust.

    \b
    Example:
      audiofeat demo results/model.joblib --example recordings/
    """
    from audiofeat.app import Limits, open_page
    from audiofeat.app.server import is_loopback
    from audiofeat.persistence import load_model

    if not is_loopback(host):
        click.echo(f"Warning: everybody who reaches this machine can use the page ({host}).", err=True)
    open_page(
        load_model(model, trusted=trust),
        title=title or Path(model).stem,
        examples=_recordings(examples),
        limits=Limits(max_megabytes, max_seconds, max_files),
        host=host,
        port=port or None,
        browser=sys.stdout.isatty() if browser is None else browser,
        on_ready=lambda address: click.echo(f"The page is at {address}\nCtrl+C ends it."),
    )


def _recordings(examples) -> list[Path]:
    from audiofeat.datasets._paths import is_audio, natural_key

    found: list[Path] = []
    for example in map(Path, examples):
        if example.is_dir():
            inside = [path for path in example.rglob("*") if is_audio(path.name) and path.is_file()]
            if not inside:
                raise click.ClickException(f"{example} holds no recordings; expected files such as .wav or .mp3.")
            found += sorted(inside, key=lambda path: natural_key(str(path)))
        else:
            found.append(example)
    if len(found) > _MOST_EXAMPLES:
        click.echo(f"Warning: the first {_MOST_EXAMPLES} of {len(found)} examples are shown.", err=True)
    return found[:_MOST_EXAMPLES]
