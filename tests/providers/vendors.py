"""fal, HeyGen, Krea and Replicate, played by one server from their documented payloads.

fal's queue is at the root, the others below their names, the media at `/media/{name}`, for whom knows no key.
"""

import hashlib
import hmac
import json
import ssl
import threading
import time
import uuid
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests import samples

KEY = "vendor-key-0123456789"
HEYGEN_SECRET = "whsec_heygen-secret"
REPLICATE_SECRET = "whsec_" + b64encode(b"replicate-secret-of-thirty-bytes").decode()
Answer = tuple[int, dict[str, str], bytes]


def as_json(value: Any, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


class Vendors:
    """`requests` has method, path with query, and headers in lower case of everything asked for.

    `answers` holds what paths are answered with, `media` the files; both may be callables. `fal` are the queue's
    requests by id: `status` and `result`. With `finish_at_once` a submission is done when it is answered.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.answers: dict[str, Answer | Callable[[], Answer]] = {}
        self.media: dict[str, bytes | Callable[[], Answer]] = {"a.png": samples.png()}
        self.fal: dict[str, dict[str, Any]] = {}
        self.finish_at_once = False
        self.signing_key = Ed25519PrivateKey.generate()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.host = f"localhost:{self.port}" if tls else f"127.0.0.1:{self.port}"
        self.url = f"http{'s' if tls else ''}://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def settings(self) -> dict[str, str]:
        """What makes a server ask here, as variables without their prefix."""
        return {
            "PROVIDERS_FAL_URL": self.url,
            "PROVIDERS_FAL_JWKS_URL": f"{self.url}/jwks.json",
            **{f"PROVIDERS_{name.upper()}_URL": f"{self.url}/{name}" for name in ("heygen", "krea", "replicate")},
            "FETCH_HOSTS": self.host,
            "FETCH_NETWORKS": "127.0.0.0/8, ::1/128",
        }

    def media_url(self, name: str) -> str:
        return f"{self.url}/media/{name}"

    def count(self, path: str) -> int:
        """How often a path was asked for, whatever its query."""
        return sum(asked.partition("?")[0] == path for _, asked, _ in self.requests)

    # What the vendors say

    def fal_request(self, endpoint: str = "fal-ai/flux", *, status: str = "IN_QUEUE", result: Any = None) -> str:
        id = str(uuid.uuid4())
        self.fal[id] = {"endpoint": endpoint, "status": status, "result": result}
        return id

    def fal_result(self, *names: str, **more: Any) -> dict[str, Any]:
        images = [{"url": self.media_url(name), "content_type": "image/png", "width": 64} for name in names]
        return {"images": images, "seed": 7, "prompt": "a red fox", "has_nsfw_concepts": [False], **more}

    def krea_job(self, id: str, status: str, *names: str) -> dict[str, Any]:
        """The record of a job (docs.krea.ai/developers/job-lifecycle), which is also answered at its path."""
        is_done = status == "completed"
        job = {
            "job_id": id,
            "status": status,
            "created_at": "2025-01-15T10:30:00.000Z",
            "completed_at": "2025-01-15T10:30:05.000Z" if is_done else None,
            "result": {"urls": [self.media_url(name) for name in names]} if is_done else None,
        }
        self.answers[f"/krea/jobs/{id}"] = as_json(job)
        return job

    def prediction(self, id: str, status: str, output: Any = None, **more: Any) -> dict[str, Any]:
        """A prediction (replicate.com/docs/reference/http), which is also answered at its path."""
        api = f"{self.url}/replicate/v1/predictions/{id}"
        record = {
            "id": id,
            "model": "black-forest-labs/flux-schnell",
            "version": "hidden",
            "input": {"prompt": "a red fox", "image": "https://example.com/input.png"},
            "logs": "",
            "output": output,
            "error": None,
            "status": status,
            "created_at": "2026-01-15T10:30:00.000Z",
            "urls": {"get": api, "cancel": f"{api}/cancel", "web": f"https://replicate.com/p/{id}"},
            **more,
        }
        self.answers[f"/replicate/v1/predictions/{id}"] = as_json(record)
        return record

    def heygen_video(self, id: str, status: str, url: str | None = None, **more: Any) -> dict[str, Any]:
        """A video of HeyGen v3, which is also answered at its path."""
        data = {"id": id, "title": "Fox", "status": status, "video_url": url, "duration": 1.0, **more}
        self.answers[f"/heygen/v3/videos/{id}"] = as_json({"data": data})
        return {"data": data}

    # What the vendors send

    def send_fal(self, url: str, request_id: str, payload: Any, status: str = "OK", **more: Any) -> httpx.Response:
        body = json.dumps(
            {
                "request_id": request_id,
                "gateway_request_id": request_id,
                "status": status,
                "payload": payload,
                **more,
            }
        ).encode()
        return httpx.post(url, content=body, headers=self.fal_headers(request_id, body), timeout=30)

    def fal_headers(self, request_id: str, body: bytes, at: float | None = None) -> dict[str, str]:
        stamp = str(int(time.time() if at is None else at))
        message = "\n".join((request_id, "user-1", stamp, hashlib.sha256(body).hexdigest()))
        return {
            "Content-Type": "application/json",
            "X-Fal-Webhook-Request-Id": request_id,
            "X-Fal-Webhook-User-Id": "user-1",
            "X-Fal-Webhook-Timestamp": stamp,
            "X-Fal-Webhook-Signature": self.signing_key.sign(message.encode()).hex(),
        }

    @property
    def public_key(self) -> str:
        return urlsafe_b64encode(self.signing_key.public_key().public_bytes_raw()).decode().rstrip("=")

    # The server

    def answer(self, method: str, path: str, headers: dict[str, str]) -> Answer:
        """Return the answer to a request, whose path is given with its query."""
        self.requests.append((method, path, headers))
        bare = path.partition("?")[0]
        known = self.answers.get(path) or self.answers.get(bare)
        if known is not None:
            return self._checked(headers, known() if callable(known) else known)
        if bare.startswith("/media/"):
            return self._media(bare.removeprefix("/media/"))
        if bare == "/jwks.json":
            return as_json({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": self.public_key}]})
        if method == "POST":
            return self._submit(path)
        if "/requests/" in bare:
            return self._checked(headers, self._queue(bare))
        return as_json({"detail": "Not Found"}, 404)

    def _checked(self, headers: dict[str, str], answer: Answer) -> Answer:
        presented = headers.get("authorization", "").partition(" ")[2] or headers.get("x-api-key")
        return answer if presented == KEY else as_json({"detail": "Unauthorized"}, 401)

    def _media(self, name: str) -> Answer:
        found = self.media.get(name)
        if found is None:
            return 404, {}, b"gone"
        return found() if callable(found) else (200, {"Content-Type": "application/octet-stream"}, found)

    def _submit(self, path: str) -> Answer:
        parts = urlsplit(path)
        id = self.fal_request(parts.path.strip("/"))
        owner, app, *_ = parts.path.strip("/").split("/")
        base = f"{self.url}/{owner}/{app}/requests/{id}"
        if self.finish_at_once:
            self.fal[id] |= {"status": "COMPLETED", "result": self.fal_result("a.png")}
            for webhook in parse_qs(parts.query).get("fal_webhook", []):
                threading.Thread(target=self.send_fal, args=(webhook, id, self.fal[id]["result"]), daemon=True).start()
        urls = {"response_url": base, "status_url": f"{base}/status", "cancel_url": f"{base}/cancel"}
        return as_json({"status": "IN_QUEUE", "request_id": id, "gateway_request_id": id, "queue_position": 0, **urls})

    def _queue(self, path: str) -> Answer:
        endpoint, _, rest = path.strip("/").partition("/requests/")
        id, _, verb = rest.partition("/")
        known = self.fal.get(id)
        if known is None or not f"{known['endpoint']}/".startswith(f"{endpoint}/"):
            return as_json({"detail": "Request not found"}, 404)
        if verb == "status":
            return as_json({"status": known["status"], "queue_position": 0})
        if known["status"] != "COMPLETED":
            return as_json({"detail": "Request is still in progress"}, 400)
        result = known["result"]
        return result if isinstance(result, tuple) else as_json(result)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        vendors = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, answered, body = vendors.answer(self.command, self.path, headers)
                self.send_response(status)
                for name, value in answered.items():
                    self.send_header(name, value)
                if "Content-Length" not in answered:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        return Handler


def heygen_headers(body: bytes, secret: str = HEYGEN_SECRET, at: float | None = None) -> dict[str, str]:
    """The headers of a webhook of HeyGen v3."""
    return {
        "Heygen-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
        "Heygen-Timestamp": str(int(time.time() if at is None else at)),
        "Heygen-Event-Id": f"evt_{uuid.uuid4().hex}",
    }


def replicate_headers(body: bytes, secret: str = REPLICATE_SECRET, at: float | None = None) -> dict[str, str]:
    """The headers of a webhook of Replicate (Standard Webhooks)."""
    id, stamp = f"msg_{uuid.uuid4().hex}", str(int(time.time() if at is None else at))
    key = b64decode(secret.removeprefix("whsec_"))
    signature = b64encode(hmac.new(key, f"{id}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{b64encode(b'another key' * 3).decode()} v1,{signature}",
    }
