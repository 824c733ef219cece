"""Published recordings: found on this machine, or downloaded file by file and verified.

Conventions: a registry lists the files of a data set at one commit of a public repository, in the format of
``sha256sum``: the checksum, two blanks, the path in the repository. On disk the files of a data set lie below one folder,
under names that may differ from those in the repository. A file counts as found when its contents have the published
checksum.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from audiofeat._errors import DatasetNotFoundError
from audiofeat.datasets._paths import absolute, natural_key

__all__ = ["PublishedFile", "Source", "fetch", "named_folders", "not_as_published", "read_registry"]

DATA_VARIABLE = "AUDIOFEAT_DATA"

_PARALLEL_DOWNLOADS = 8
_TIMEOUT_SECONDS = 30
# A server that refuses this many files will refuse the others: asking thousands of times more helps nobody.
_MOST_FAILURES = 10


class PublishedFile(NamedTuple):
    """One file of a data set."""

    path: str  # below the folder of the data set, with forward slashes
    remote_path: str  # below the base address
    sha256: str


@dataclass(frozen=True)
class Source:
    """Where a data set can be found.

    Parameters
    ----------
    by : str
        The function that fetches it, named in errors.
    title : str
        The data set in words, for messages.
    repository : str
        The public repository on GitHub that holds its files, as ``owner/name``.
    commit : str
        The commit of the repository that the registry was made of.
    folders : tuple of str
        Names of its folder below AUDIOFEAT_DATA, in the order to look; the first is its name in the cache.
    layout : str
        How the files lie in that folder, in words, for messages.
    """

    by: str
    title: str
    repository: str
    commit: str
    folders: tuple[str, ...]
    layout: str

    @property
    def base_url(self) -> str:
        """The address below which the files lie."""
        return f"https://raw.githubusercontent.com/{self.repository}/{self.commit}"

    @property
    def page(self) -> str:
        """The page that shows the files to people."""
        return f"https://github.com/{self.repository}/tree/{self.commit}"


def read_registry(name: str, local_path: Callable[[str], str]) -> tuple[PublishedFile, ...]:
    """Read a registry shipped with this package.

    Parameters
    ----------
    name : str
        Its file name.
    local_path : callable
        Turns a path in the repository into the path below the folder of the data set.

    Returns
    -------
    tuple of PublishedFile
        The files in natural order of their local paths.
    """
    text = package_files("audiofeat.datasets").joinpath("registries", name).read_text(encoding="utf-8")
    lines = (line.split("  ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    found = [PublishedFile(local_path(remote), remote, sha256) for sha256, remote in lines]
    return tuple(sorted(found, key=lambda file: natural_key(file.path)))


def default_data_home() -> Path:
    """Folder that downloads go to: the cache folder of the user for this package."""
    import pooch

    return Path(pooch.os_cache("audiofeat"))


def named_folders(source: Source) -> list[Path]:
    """Folders that AUDIOFEAT_DATA names for a data set, whether they exist or not."""
    named = os.environ.get(DATA_VARIABLE)
    return [Path(absolute(named, folder)) for folder in source.folders] if named else []


def fetch(
    source: Source,
    files: Sequence[PublishedFile],
    *,
    data_home,
    download_if_missing: bool,
    base_url: str | None,
) -> Path:
    """Find the files of a data set, downloading what is missing.

    Parameters
    ----------
    source : Source
        The data set.
    files : sequence of PublishedFile
        Which of its files are wanted.
    data_home : str, path-like or None
        The cache; None for the default one, and for looking first where AUDIOFEAT_DATA points.
    download_if_missing : bool
        Whether to download.
    base_url : str or None
        Another address to download from.

    Returns
    -------
    pathlib.Path
        The folder below which all `files` lie, each with its published contents.

    Raises
    ------
    DatasetNotFoundError
        If that cannot be had; it says what was tried and where to put the files.
    """
    tried = []
    if data_home is None:
        # An argument outranks the environment.
        for folder in named_folders(source):
            bad = not_as_published(folder, files)
            if not bad:
                return folder
            changed = [file for file in bad if folder.joinpath(file.path).is_file()]
            if len(changed) == len(bad):
                raise DatasetNotFoundError(
                    f"{source.by} found all files of {source.title} in {str(folder)!r}, which {DATA_VARIABLE} names, but "
                    f"the contents (sha256) of {_some(changed)} are not the published ones. Put the published files there, "
                    f"or unset {DATA_VARIABLE}."
                )
            tried.append(f"{str(folder)!r}, which {DATA_VARIABLE} names, lacks {_some(bad)} of {len(files)} files")
        if not tried:
            tried.append(f"the environment variable {DATA_VARIABLE} is not set")
    folder = Path(absolute(default_data_home() if data_home is None else data_home, source.folders[0]))
    missing = not_as_published(folder, files)
    if not missing:
        return folder
    tried.append(f"{str(folder)!r} lacks {_some(missing)} of {len(files)} files")
    if download_if_missing:
        address = source.base_url if base_url is None else base_url
        if not address.startswith(("http://", "https://")):
            raise ValueError(f"{source.by} got base_url={base_url!r}, expected an address that starts with https://.")
        failures = _download(missing, folder, address.rstrip("/"), title=source.title)
        if not failures:
            return folder
        tried += failures
    else:
        tried.append("download_if_missing=False forbids to download them")
    raise DatasetNotFoundError(
        f"{source.by} could not get the files of {source.title}:\n"
        + "\n".join(f"  {line}" for line in tried)
        + f"\nCall it again with a connection to the network (what has arrived is kept). Or put the files of {source.page} "
        f"into {str(folder)!r} as {source.layout}. Or set {DATA_VARIABLE} to a folder whose folder "
        f"{source.folders[0]!r} holds them like that."
    )


def not_as_published(folder: Path, files: Sequence[PublishedFile]) -> list[PublishedFile]:
    """Those of the files that the folder does not hold with their published contents."""
    if not folder.is_dir():
        return list(files)

    def is_bad(file):
        try:
            return hashlib.sha256(folder.joinpath(file.path).read_bytes()).hexdigest() != file.sha256
        except OSError:
            return True

    # Reading and hashing release the interpreter, and 3,000 small files then take a tenth of a second.
    with ThreadPoolExecutor(min(_PARALLEL_DOWNLOADS, os.cpu_count() or 1)) as pool:
        return [file for file, bad in zip(files, pool.map(is_bad, files), strict=True) if bad]


def _download(files: Sequence[PublishedFile], folder: Path, base_url: str, *, title: str) -> list[str]:
    """Download files into a folder; return what went wrong, nothing if nothing did."""
    # pooch brings requests with it.
    from requests import Session
    from requests.exceptions import HTTPError, RequestException

    try:
        for parent in {folder.joinpath(file.path).parent for file in files}:
            parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        return [f"{str(folder)!r} cannot be written: {exc}"]
    failures: list[str] = []
    with Session() as session, _quiet_pooch(), _progress(f"Downloading {title}", len(files)) as advance:
        pool = ThreadPoolExecutor(_PARALLEL_DOWNLOADS)
        try:
            pending = {pool.submit(_download_one, file, folder, base_url, session): file for file in files}
            for future in as_completed(pending):
                file, lost = pending[future], False
                try:
                    future.result()
                except HTTPError as exc:
                    failures.append(f"{file.path!r}: {exc}")
                except RequestException as exc:
                    failures.append(f"{file.path!r}: the connection to {base_url} failed: {exc}")
                    lost = True
                except ValueError:
                    failures.append(
                        f"{file.path!r}: what {base_url} sent for it has not the published contents (sha256)"
                    )
                except OSError as exc:
                    failures.append(f"{file.path!r} cannot be written: {exc}")
                    lost = True
                if lost or len(failures) >= _MOST_FAILURES:
                    break
                advance()
        finally:
            # Also on Ctrl-C: the files under way end, the others do not begin.
            pool.shutdown(wait=True, cancel_futures=True)
    return failures


def _download_one(file: PublishedFile, folder: Path, base_url: str, session) -> None:
    """Download a file under another name, verify it, and only then give it its own: a broken transfer leaves nothing."""
    import pooch

    def download(url, output_file, pooch):
        # As pooch.HTTPDownloader does, but over connections that all files share: for thousands of small files, opening
        # one each takes longer than the transfer.
        with session.get(url, stream=True, timeout=_TIMEOUT_SECONDS) as response:
            response.raise_for_status()
            with Path(output_file).open("wb") as output:
                output.writelines(response.iter_content(chunk_size=2**16))

    target = folder.joinpath(file.path)
    pooch.retrieve(
        f"{base_url}/{quote(file.remote_path)}",
        known_hash=f"sha256:{file.sha256}",
        fname=target.name,
        path=target.parent,
        downloader=download,
    )


@contextmanager
def _quiet_pooch():
    """Silence the line that pooch logs for each file: there are thousands, and the progress bar says it better."""
    import pooch

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def _progress(description: str, total: int):
    """Show a progress bar on a terminal and nothing elsewhere; gives the function to call after each file."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task(description, total=total)
        yield lambda: progress.advance(task)


def _some(files: Sequence[PublishedFile]) -> str:
    """Say how many files, and the first of them."""
    return f"{len(files)} ({files[0].path}{', ...' if len(files) > 1 else ''})"
