"""Tables of features, written a few thousand rows at a time: Parquet, or CSV with a JSON file beside it."""

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import numpy as np

__all__ = ["SUFFIXES", "side_file", "write_problems", "write_table"]

SUFFIXES = (".parquet", ".csv")


def write_table(
    file: Path,
    columns: Sequence[str],
    features: Sequence[str],
    rows: Iterable[tuple[list[Sequence], np.ndarray]],
    provenance: Mapping,
) -> None:
    """Write a table, whole or not at all.

    Parameters
    ----------
    file : Path
        Where to; its suffix says how.
    columns : sequence of str
        Names of the columns before the features.
    features : sequence of str
        Names of the features.
    rows : iterable of (list of sequence, ndarray of shape (n_rows, n_features))
        Some rows at a time: the columns, and the features.
    provenance : mapping
        How they came about: in a Parquet file in its metadata under "audiofeat", else in a JSON file beside it.
    """
    write = _write_parquet if file.suffix == ".parquet" else _write_csv
    note = json.dumps(provenance, ensure_ascii=False, indent=None if file.suffix == ".parquet" else 2)
    with _replacing(file) as draft:
        write(draft, columns, features, rows, note)
        if file.suffix != ".parquet":
            # Before the table: nobody should meet one without the other.
            with _replacing(side_file(file, ".json")) as beside:
                beside.write_text(note + "\n", encoding="utf-8")


def write_problems(file: Path, problems: Sequence[tuple]) -> Path | None:
    """Write the side table of recordings that could not be read.

    Parameters
    ----------
    file : Path
        The table that it stands beside.
    problems : sequence of (str, float or None, float or None, str)
        Path, start and end [s], reason.

    Returns
    -------
    Path or None
        The side table; None without problems, and then one of an earlier run is removed.
    """
    beside = side_file(file, ".failed.csv", replace=True)
    if not problems:
        beside.unlink(missing_ok=True)
        return None
    with _replacing(beside) as draft, draft.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(["path", "start", "end", "reason"])
        writer.writerows(["" if value is None else value for value in problem] for problem in problems)
    return beside


def side_file(file: Path, suffix: str, *, replace: bool = False) -> Path:
    """Name a file beside a table.

    Parameters
    ----------
    file : Path
        The table.
    suffix : str
        What to append.
    replace : bool, default=False
        Whether to drop the table's own suffix.

    Returns
    -------
    Path
        The file.
    """
    return file.with_name((file.stem if replace else file.name) + suffix)


@contextmanager
def _replacing(file: Path) -> Iterator[Path]:
    draft = file.with_name(f".{file.name}.tmp")
    try:
        yield draft
        with draft.open("r+b") as written:
            os.fsync(written.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _write_csv(draft: Path, columns, features, rows, note: str) -> None:
    with draft.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow([*columns, *features])
        for left, right in rows:
            # Nine digits bring back every float32.
            numbers = ([f"{value:.9g}" for value in row] for row in right.tolist())
            texts = zip(*[["" if value is None else value for value in column] for column in left], strict=True)
            writer.writerows([*text, *row] for text, row in zip(texts, numbers, strict=True))


def _write_parquet(draft: Path, columns, features, rows, note: str) -> None:
    arrow, parquet = _pyarrow()
    # Times are numbers; whatever else a user's table says stays the text it is.
    kinds = [arrow.float64() if name in ("start", "end") else arrow.string() for name in columns]
    schema = arrow.schema(
        [*zip(columns, kinds, strict=True), *((name, arrow.float32()) for name in features)],
        metadata={"audiofeat": note},
    )
    with parquet.ParquetWriter(draft, schema) as writer:
        for left, right in rows:
            arrays = [arrow.array(values, kind) for values, kind in zip(left, kinds, strict=True)]
            arrays += [arrow.array(column) for column in np.ascontiguousarray(right.T)]
            writer.write_table(arrow.table(arrays, schema=schema))


def _pyarrow():
    from audiofeat._optional import need

    by = "A Parquet file"
    return need("pyarrow", extra="parquet", by=by), need("pyarrow.parquet", extra="parquet", by=by)


def check_output(file: Path) -> None:
    """Refuse a table that could not be written in the end.

    Parameters
    ----------
    file : Path
        Where it would go.
    """
    if file.suffix not in SUFFIXES:
        raise click.BadParameter(f"got {str(file)!r}; expected a name ending in {' or '.join(SUFFIXES)}.")
    if not file.absolute().parent.is_dir():
        raise click.BadParameter(f"got {str(file)!r}, and there is no such folder. Make it first.")
    if file.suffix == ".parquet":
        _pyarrow()
