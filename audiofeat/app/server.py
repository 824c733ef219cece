"""Opening the page: on loopback, with a temporary folder, and with a policy that keeps the browser on this host."""

import ipaddress
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from audiofeat._optional import need
from audiofeat.app.answers import Responder

__all__ = ["is_loopback", "open_page", "sweep"]

# What a page may load: from this host, and what stands in the page itself. Gradio compiles its templates in the browser.
_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "connect-src 'self' data: blob:",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'self'",
    ]
)
# What a visitor sent is removed when the page is left, and after this time at the latest [s].
_FORGOTTEN_AFTER = 1800.0
_TIDY_EVERY = 60.0
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
]


class OnlyThisHost:
    """Middleware that adds the headers which keep a browser from loading anything from elsewhere.

    Parameters
    ----------
    app : ASGI application
        What it stands before.
    """

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def send_with_headers(message):
            if message["type"] == "http.response.start":
                ours = {name for name, _ in _HEADERS}
                kept = [(name, value) for name, value in message["headers"] if name.lower() not in ours]
                message = {**message, "headers": kept + _HEADERS}
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a host name or address.

    Parameters
    ----------
    host : str
        Such as "127.0.0.1", "::1" or "localhost".

    Returns
    -------
    bool
        False where in doubt.

    Examples
    --------
    >>> from audiofeat.app.server import is_loopback
    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def open_page(
    model,
    *,
    title="Try a model",
    examples=(),
    limits=None,
    host="127.0.0.1",
    port=None,
    browser=False,
    on_ready: Callable[[str], object] = print,
) -> None:
    """Open the page and serve it until the process is told to stop.

    Parameters
    ----------
    model : estimator
        A fitted pipeline that begins with an `AudioLoader` and classifies.
    title : str, default="Try a model"
        Heading.
    examples : sequence of path-like, default=()
        Recordings that visitors can choose; they are copied.
    limits : Limits or None, default=None
        What visitors may send.
    host : str, default="127.0.0.1"
        Address to listen on. Another than loopback lets others in.
    port : int or None, default=None
        Port to listen on. None takes a free one.
    browser : bool, default=False
        Whether to open it in a browser.
    on_ready : callable, default=print
        Is told the address when the page is there.

    Raises
    ------
    MissingExtraError
        If Gradio is not installed.
    TypeError
        If the model takes no recordings, or does not classify.
    OSError
        If the port is taken.
    """
    responder = Responder(model, limits)
    with _temporary_folder() as folder:
        gradio = need("gradio", extra="demo", by="The demo")
        middleware = need("starlette.middleware", extra="demo", by="The demo")
        from audiofeat.app.page import LOOK, build_page, theme_of

        copied = _copies(examples, folder / "examples")
        page = build_page(responder, title=title, examples=copied, keep=(str(folder / "examples"),))
        _, address, _ = page.launch(
            server_name=host,
            server_port=port,
            inbrowser=browser,
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            ssr_mode=False,
            mcp_server=False,
            enable_monitoring=False,
            run_history=False,
            footer_links=[],
            max_file_size=int(responder.limits.megabytes * 1e6),
            allowed_paths=[str(folder / "examples")],
            theme=theme_of(gradio),
            css=LOOK,
            app_kwargs={"middleware": [middleware.Middleware(OnlyThisHost)]},
        )
        try:
            on_ready(address)
            _wait(lambda: sweep(folder, keep=folder / "examples"))
        finally:
            page.close(verbose=False)


@contextmanager
def _temporary_folder():
    """A folder for everything that visitors send, gone at the end; Gradio is told of it before it is imported."""
    with tempfile.TemporaryDirectory(prefix="audiofeat-demo-", ignore_cleanup_errors=True) as name:
        settings = {
            "GRADIO_TEMP_DIR": name,
            "GRADIO_ANALYTICS_ENABLED": "False",
            "HF_HUB_OFFLINE": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }
        before = {key: os.environ.get(key) for key in settings}
        temporary = tempfile.tempdir
        os.environ.update(settings)
        tempfile.tempdir = name
        try:
            yield Path(name)
        finally:
            tempfile.tempdir = temporary
            for key, value in before.items():
                if value is None:
                    os.environ.pop(key, None)
                else:
                    os.environ[key] = value


def _copies(examples, folder: Path) -> list[Path]:
    folder.mkdir()
    copies = []
    for number, path in enumerate(map(Path, examples)):
        # A folder each, so that files of one name can stand side by side.
        place = folder / str(number)
        place.mkdir()
        copies.append(Path(shutil.copyfile(path, place / path.name)))
    return copies


def sweep(folder: Path, *, keep: Path, older_than: float = _FORGOTTEN_AFTER) -> None:
    """Remove what visitors sent and nobody came for: those whose browser did not say goodbye, and uploads broken off.

    Parameters
    ----------
    folder : Path
        The temporary folder.
    keep : Path
        A folder in it that stays.
    older_than : float, default=1800.0
        Age of what is removed [s].
    """
    horizon = time.time() - older_than
    for path in folder.rglob("*"):
        if not path.is_relative_to(keep) and path.is_file() and path.stat().st_mtime < horizon:
            path.unlink(missing_ok=True)


def _wait(tidy: Callable[[], None]) -> None:
    """Wait for the keyboard, or for whoever ends the process politely; tidy up now and then."""
    stop = threading.Event()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
    tidied = time.monotonic()
    try:
        # In steps, because a wait without end does not hear the keyboard on Windows.
        while not stop.wait(1.0):
            if time.monotonic() - tidied > _TIDY_EVERY:
                tidy()
                tidied = time.monotonic()
    except KeyboardInterrupt:
        return
