"""``audiofeat info``: facts about recordings, or about a model."""

import json
import math
import os
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

__all__ = ["info"]

_MODEL_SUFFIXES = (".joblib", ".pkl", ".pickle", ".skops")
# More of one kind are counted; --json lists all.
_MOST_LISTED = 10
_COLUMN = 12


@click.command()
@click.argument("paths", nargs=-1, required=True)
@click.option("--jobs", type=int, help="Threads.  [default: the number of cores]")
@click.option("--json", "as_json", is_flag=True, help="Print everything about each recording as JSON.")
def info(paths, jobs, as_json):
    """Print facts about recordings, or about one model.

    Of recordings (files, folders, patterns): length, sample rate, channels, format; which cannot be read, are clipped,
    silent, or the same as another; and the classes, if one folder with a folder for each is given. They are decoded
    from beginning to end. If some cannot be read, the exit code is 1.

    Of a model: what was written down when it was saved. It is not loaded, so nothing in it is run.

    Clipped means three or more samples in a row at full scale; silent, that the loudest sample lies under -60 dB of it.

    \b
    Example:
      audiofeat info recordings/
      audiofeat info results/model.joblib
    """
    if len(paths) == 1 and Path(paths[0]).suffix.lower() in _MODEL_SUFFIXES:
        _about_model(paths[0], as_json)
        return
    from audiofeat.cli.recordings import find_recordings

    names = list(dict.fromkeys(find_recordings(paths)))
    facts, problems = {}, {}
    for name, found in zip(names, _surveyed(names, jobs or os.cpu_count() or 1), strict=True):
        if isinstance(found, str):
            problems[name] = found
        else:
            facts[name] = found
    same = _same(facts)
    classes = _classes(paths, facts)
    if as_json:
        click.echo(json.dumps(_as_values(facts, problems, same, classes), ensure_ascii=False, allow_nan=False))
    else:
        _about_one(*facts.popitem()) if len(names) == 1 and facts else _about_several(facts, classes, len(names))
        _listed("unreadable", [f"{name}: {reason}" for name, reason in problems.items()])
        _listed("clipped", [f"{name}: {found.clipped:,} samples" for name, found in facts.items() if found.clipped])
        _listed("silent", [f"{name}: peak {found.peak:.0f} dB" for name, found in facts.items() if found.silent])
        _listed("the same", [" = ".join(group) for group in same])
    if problems:
        click.get_current_context().exit(1)


def _surveyed(names: list[str], jobs: int) -> Iterator:
    """Facts of each recording, or what is wrong with it, in order."""
    from joblib import Parallel, delayed

    from audiofeat._progress import progress

    with progress() as report:
        report.say("Reading", total=len(names))
        # Decoding leaves Python's lock to others, so threads suffice.
        tasks = Parallel(n_jobs=jobs, require="sharedmem", return_as="generator")
        for found in tasks(delayed(_survey)(name) for name in names):
            report.advance()
            yield found


def _survey(name: str):
    from audiofeat._errors import ClipError
    from audiofeat.audio.survey import survey

    try:
        return survey(name)
    except ClipError as exc:
        return str(exc)


def _same(facts: dict) -> list[list[str]]:
    """Recordings with the same samples, in the same file or in another format."""
    groups: dict[str, list[str]] = {}
    for name, found in facts.items():
        # Digital silence is the same of any length that is, and has a line of its own.
        if found.peak > -math.inf:
            groups.setdefault(found.samples, []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _classes(paths, facts: dict) -> dict[str, int] | None:
    """How many recordings each folder in the one folder holds; None if they do not lie so."""
    if len(paths) != 1 or not Path(paths[0]).is_dir():
        return None
    parts = [Path(name).relative_to(paths[0]).parts for name in facts]
    if not parts or any(len(part) < 2 for part in parts):
        return None
    return dict(sorted(Counter(part[0] for part in parts).items()))


def _as_values(facts: dict, problems: dict, same, classes) -> dict:
    def finite(value):
        return None if isinstance(value, float) and not math.isfinite(value) else value

    recordings = [
        {"path": name, **{key: finite(value) for key, value in found._asdict().items()}, "silent": found.silent}
        for name, found in facts.items()
    ]
    unreadable = [{"path": name, "reason": reason} for name, reason in problems.items()]
    return {"recordings": recordings, "unreadable": unreadable, "same": same, "classes": classes}


def _line(name: str, text: str) -> None:
    click.echo(f"  {name.ljust(_COLUMN)}{text}")


def _about_one(name: str, found) -> None:
    click.echo(name)
    _line("length", _time(found.duration))
    _line("rate", f"{found.sample_rate:,} Hz")
    _line("channels", str(found.channels))
    _line("format", f"{found.format} ({found.subtype})")
    _line("peak", f"{found.peak:.1f} dB{', silent' if found.silent else ''}")
    _line("level", f"{found.rms:.1f} dB (root mean square)")
    _line("clipped", f"{found.clipped:,} samples" if found.clipped else "no")
    _line("digest", found.content)


def _about_several(facts: dict, classes, n_names: int) -> None:
    unread = n_names - len(facts)
    click.echo(f"{len(facts):,} recordings" + (f", and {unread:,} that cannot be read" if unread else ""))
    if not facts:
        return
    lengths = sorted(found.duration for found in facts.values())
    median = lengths[len(lengths) // 2]
    _wrapped(
        "length", f"{_time(lengths[0])} to {_time(lengths[-1])}, median {_time(median)}; {_time(sum(lengths))} in all"
    )
    _wrapped("rate", _counts(f"{found.sample_rate:,} Hz" for found in facts.values()))
    _wrapped("channels", _counts(str(found.channels) for found in facts.values()))
    _wrapped("format", _counts(f"{found.format} {found.subtype}" for found in facts.values()))
    levels = sorted(found.peak for found in facts.values())
    _wrapped("peak", f"{levels[0]:.1f} to {levels[-1]:.1f} dB, median {levels[len(levels) // 2]:.1f} dB")
    if classes:
        shown = [f"{name} ({count:,})" for name, count in list(classes.items())[: 2 * _MOST_LISTED]]
        more = f" and {len(classes) - len(shown)} more" if len(classes) > len(shown) else ""
        _wrapped("classes", f"{len(classes)}: {', '.join(shown)}{more}")


def _listed(what: str, lines: list[str]) -> None:
    if not lines:
        return
    click.echo(f"  {what} ({len(lines):,})")
    for line in lines[:_MOST_LISTED]:
        click.echo(f"    {line}")
    if len(lines) > _MOST_LISTED:
        click.echo(f"    and {len(lines) - _MOST_LISTED:,} more; --json lists all")


def _counts(values) -> str:
    counts = Counter(values).most_common()
    return counts[0][0] if len(counts) == 1 else ", ".join(f"{value} ({count:,})" for value, count in counts)


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.3g} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    return f"{seconds // 3600:.0f} h {seconds % 3600 / 60:.0f} min"


def _about_model(path: str, as_json: bool) -> None:
    from audiofeat.persistence import read_provenance

    facts = read_provenance(path)
    if facts is None:
        raise click.ClickException(
            f"{path} says nothing about itself: save_model did not write it, or it is cut off. Only loading it would "
            "tell more, and that can run any code."
        )
    if as_json:
        click.echo(json.dumps({"path": path, **asdict(facts)}, ensure_ascii=False))
        return
    click.echo(path)
    rows = {
        "classes": ", ".join(map(str, facts.classes)),
        "clips": "" if facts.n_clips is None else f"{facts.n_clips:,} to learn from{_per_class(facts)}",
        "rate": "" if facts.sample_rate is None else f"{facts.sample_rate:,} Hz",
        "length": "as recorded" if facts.duration is None else f"{facts.duration:g} s",
        "features": "\n".join(facts.features),
        "backend": facts.backend or "",
        "saved": f"{facts.saved} on {facts.platform}, Python {facts.python}",
        "packages": ", ".join(f"{name} {version}" for name, version in facts.packages.items()),
        "digest": facts.training_digest or "",
    }
    for name, text in rows.items():
        _wrapped(name, text)
    for name, then, now, consequence in facts.differences():
        _wrapped("differs", f"{name} {then}, and here is {now or 'none'}: {consequence}")


def _per_class(facts) -> str:
    if not facts.clips_per_class:
        return ""
    return f": {', '.join(f'{name} ({count:,})' for name, count in facts.clips_per_class.items())}"


def _wrapped(name: str, text: str) -> None:
    for i, line in enumerate(part for given in text.splitlines() for part in textwrap.wrap(given, 78 - _COLUMN)):
        _line(name if i == 0 else "", line)
