"""``audiofeat cache``: what a store of features holds, and emptying it."""

import json
from datetime import UTC, datetime

import click

__all__ = ["cache"]

_UNITS = ("B", "kB", "MB", "GB", "TB")


@click.group()
def cache():
    """Look at a store of features, or empty it.

    \b
    Example:
      audiofeat cache info results/cache
      audiofeat cache clear results/cache
    """


@cache.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(folder, as_json):
    """Print how much the store in FOLDER holds, and when it was used.

    \b
    Example:
      audiofeat cache info results/cache
    """
    store = _existing(folder)
    values = store.info()
    store.close()
    if as_json:
        click.echo(json.dumps({"file": str(store.file), **values._asdict()}))
        return
    click.echo(f"{store.file}\n  values  {values.n_values:,}\n  size    {_size(values.n_bytes)}")
    if values.n_values:
        click.echo(f"  used    {_hour(values.oldest)} to {_hour(values.newest)}")


@cache.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def clear(folder, as_json):
    """Remove all features from the store in FOLDER.

    Whoever uses it computes them anew; a process that runs keeps those it used last, of which it holds 64 MB in memory.

    \b
    Example:
      audiofeat cache clear results/cache
    """
    store = _existing(folder)
    n_bytes = store.info().n_bytes
    n_values = store.clear()
    store.close()
    if as_json:
        click.echo(json.dumps({"file": str(store.file), "n_values": n_values, "n_bytes": n_bytes}))
        return
    click.echo(f"Removed {n_values:,} value{'s' if n_values != 1 else ''}, {_size(n_bytes)}, from {store.file}")


def _existing(folder):
    from audiofeat.audio import FeatureCache

    store = FeatureCache(folder)
    if not store.file.exists():
        raise click.ClickException(
            f"{folder} holds no store of features; expected the folder that was given to AudioLoader(memory=...), "
            "or the folder 'cache' in the output of audiofeat compare."
        )
    return store


def _size(n_bytes: float) -> str:
    for unit in _UNITS:
        if n_bytes < 1000 or unit == _UNITS[-1]:
            break
        n_bytes /= 1000
    return f"{n_bytes:.3g} {unit}" if unit != "B" else f"{n_bytes:.0f} B"


def _hour(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone():%Y-%m-%d %H:00 %Z}"
