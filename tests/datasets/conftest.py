"""Fixtures of the dataset tests: files on disk, and a server of files on loopback."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest


@pytest.fixture
def touch(tmp_path):
    """Make empty files below a folder, and return the folder: loaders read names, not contents."""

    def make(*names, folder=tmp_path):
        for name in names:
            file = Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        return Path(folder)

    return make


class FileServer:
    """Serves `files` (remote path to bytes or path) on loopback; `requested` lists what was asked for."""

    def __init__(self):
        self.files = {}
        self.broken_off = set()  # paths whose connection ends halfway
        self.requested = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = unquote(self.path).removeprefix("/")
                outer.requested.append(name)
                body = outer.files.get(name)
                if body is None:
                    self.send_error(404)
                    return
                body = body if isinstance(body, bytes) else body.read_bytes()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if name in outer.broken_off else body)

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 64  # with room for all parallel connections; the default drops some for a second

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self):
        """Stop listening: from now on connections are refused."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server(monkeypatch):
    """A server of files that nothing but these tests reaches."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    files = FileServer()
    yield files
    files.close()


@pytest.fixture
def no_data_variable(monkeypatch):
    """Make sure that AUDIOFEAT_DATA names nothing."""
    monkeypatch.delenv("AUDIOFEAT_DATA", raising=False)
