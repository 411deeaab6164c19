"""A remote web server on loopback, with valid and hostile responses."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests import samples
from tests.dialects.sizes import wav_of
from tests.media.metadata import written

LIMIT = 50_000


class Origin:
    """`asked` has the path of every request, `headers` the values of all headers that came with them."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: list[str] = []
        self.stop = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body for a path without its query."""
        png = samples.png()
        elsewhere = "http://127.0.0.1:9/picture.png"
        answers: dict[str, tuple[int, dict[str, str], bytes]] = {
            "/picture.png": (200, {"Content-Type": "image/png"}, png),
            "/named": (200, {"Content-Disposition": "attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.png"}, png),
            "/generated.png": (200, {}, written.png({"parameters": "a cat at night\nSteps: 20"})),
            "/lies.png": (200, {"Content-Type": "image/png"}, samples.mp4()),
            "/page": (200, {"Content-Type": "text/html"}, samples.html()),
            "/damaged.png": (200, {"Content-Type": "image/png"}, samples.truncated_png()),
            "/empty.png": (200, {"Content-Type": "image/png"}, b""),
            "/largest.wav": (200, {}, wav_of(LIMIT)),
            "/larger.wav": (200, {}, wav_of(LIMIT + 1)),
            "/redirect": (302, {"Location": "/picture.png"}, b""),
            "/loop": (302, {"Location": "/loop"}, b""),
            "/away": (302, {"Location": elsewhere}, b""),
            "/metadata": (302, {"Location": "http://169.254.169.254/latest/meta-data/"}, b""),
            "/to-a-file": (302, {"Location": "file:///etc/passwd"}, b""),
            "/zipped": (200, {"Content-Encoding": "gzip"}, png),
            "/gone": (404, {}, b"no"),
            "/broken": (500, {}, b"no"),
            "/partial": (206, {"Content-Range": "bytes 0-1/9"}, png),
        }
        return answers[path]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        origin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                origin.asked.append(path)
                origin.headers += self.headers.values()
                if path == "/never":
                    origin.stop.wait(30)
                    return
                status, headers, body = origin.answer(path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) + (7 if "short" in self.path else 0)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        return Handler
