"""fal: requests in its queue (docs.fal.ai/model-apis/model-endpoints/queue and /webhooks).

A request is polled at `{owner}/{app}/requests/{id}/status`, without the rest of the endpoint; its result is the model's
own JSON. Webhooks are signed with ED25519 over the request's id, the user's id, the time and the body's SHA-256.
"""

import hashlib
import re
from http import HTTPStatus
from typing import Any

import msgspec

from mediatheque.errors import Invalid, Missing, SignatureRefused
from mediatheque.library.keep.outputs import find_inputs, find_outputs
from mediatheque.library.keep.provider import Delivery, Progress, Report, RequestRef
from mediatheque.providers.config import ProvidersConfig, api_host
from mediatheque.providers.jwks import PublicKeys
from mediatheque.providers.service import Access, Service, explanation, members, prompt_of, text
from mediatheque.providers.signatures import check_time

_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")
_NAMESPACES = frozenset({"workflows", "comfy"})
_QUEUED = frozenset({"IN_QUEUE", "IN_PROGRESS"})
_OWN_URLS = frozenset({"status_url", "response_url", "cancel_url", "webhook_url"})
_ENVELOPE = frozenset({"payload", "payload_error", "gateway_request_id"})


class Fal(Service):
    """fal's queue."""

    name = "fal"

    def __init__(self, access: Access, config: ProvidersConfig) -> None:
        super().__init__(access)
        self._leeway = config.leeway_seconds
        fetch = msgspec.structs.replace(access.calls, hosts=(api_host(config.fal_jwks_url),))
        self._keys = PublicKeys(config.fal_jwks_url, config.fal_webhook_keys, fetch)

    def check(self, request: RequestRef, *, to_ask: bool) -> None:
        """See `Provider`."""
        super().check(request, to_ask=to_ask)
        if request.endpoint is not None:
            _app(request.endpoint)
        elif to_ask:
            raise Missing("fal finds a request by its endpoint, such as fal-ai/flux/dev, and its id.", param="endpoint")

    def parse_url(self, url: str) -> RequestRef | None:
        """Read `{endpoint}/requests/{id}`, with `/status` behind it or not."""
        endpoint, found, rest = (self.path_of(url) or "").partition("/requests/")
        return RequestRef(request_id=rest.partition("/")[0], endpoint=endpoint) if found else None

    def read(self, record: Any) -> Report:
        """Read a webhook's body, the answer to a submission, or the model's JSON alone."""
        found = members(record)
        if not found:
            raise Invalid("This is no result of fal.", param="response")
        request_id = text(found.get("request_id"))
        if _ENVELOPE & found.keys() and request_id:
            return _read_webhook(found, request_id)
        if found.get("status") in _QUEUED and request_id:
            return Report(progress=Progress.RUNNING, request_id=request_id)
        return _result(record, request_id)

    async def ask(self, request: RequestRef, key: str | None) -> Report:
        """See `Provider`."""
        path = f"{_app(request.endpoint or '')}/requests/{request.request_id}"
        headers = {"authorization": f"Key {key}"} if key else {}
        status = members((await self.get(f"{path}/status", headers)).record).get("status")
        if status in _QUEUED:
            return Report(progress=Progress.RUNNING, request_id=request.request_id)
        if status != "COMPLETED":
            return _failed(request.request_id, f"fal says that the request is {status}.")
        answer = await self.get(path, headers)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            return _failed(request.request_id, _reason(answer.record) or f"fal answered with {answer.status}.")
        return _result(answer.record, request.request_id)

    async def verify(self, delivery: Delivery) -> None:
        """See `Provider`."""
        names = ("request-id", "user-id", "timestamp", "signature")
        id, user, time, signature = (delivery.headers.get(f"x-fal-webhook-{name}", "") for name in names)
        check_time(time, delivery.received_at, self._leeway)
        message = "\n".join((id, user, time, hashlib.sha256(delivery.body).hexdigest()))
        try:
            presented = bytes.fromhex(signature)
        except ValueError:
            presented = b""
        if not presented or not await self._keys.verify(presented, message.encode("utf-8", "replace")):
            raise SignatureRefused


def _app(endpoint: str) -> str:
    """Return the part of the endpoint under which its requests are found. Raises `Invalid`."""
    segments = endpoint.strip("/").split("/")
    wanted = 3 if segments[0] in _NAMESPACES else 2
    if len(segments) < wanted or not all(_SEGMENT.fullmatch(each) for each in segments):
        raise Invalid("endpoint must be one of fal, such as fal-ai/flux/dev.", param="endpoint")
    return "/".join(segments[:wanted])


def _read_webhook(found: dict[str, Any], request_id: str) -> Report:
    payload = found.get("payload")
    if found.get("status") == "ERROR":
        return _failed(request_id, _reason(payload) or explanation(found.get("error")) or "The request failed.")
    if payload is None:  # it could not be sent (`payload_error`): the result has to be asked for
        return Report(progress=Progress.RUNNING, request_id=request_id)
    return _result(payload, request_id)


def _result(record: Any, request_id: str | None) -> Report:
    return Report(
        progress=Progress.DONE,
        request_id=request_id,
        outputs=find_outputs(record, skip=_OWN_URLS),
        prompt=prompt_of(record),
        inputs=find_inputs(members(record).get("input")),
    )


def _failed(request_id: str, reason: str) -> Report:
    return Report(progress=Progress.FAILED, request_id=request_id, reason=reason)


def _reason(record: Any) -> str | None:
    """Return what fal's error says: `detail` is text, or a list of objects with `msg`."""
    detail = members(record).get("detail")
    if isinstance(detail, list) and detail:
        return text(members(detail[0]).get("msg")) or explanation(detail)
    return explanation(detail) or explanation(members(record).get("error"))
