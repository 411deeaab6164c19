"""Replicate: predictions (replicate.com/docs/reference/http and /docs/topics/webhooks).

The files of a prediction are deleted after an hour. Webhooks are signed by the Standard Webhooks scheme. A prediction
is sent several times while its output grows: only its end counts.
"""

from typing import Any

from msgspec.structs import replace

from mediatheque.errors import Invalid, SignatureRefused
from mediatheque.library.keep.outputs import find_inputs, find_outputs
from mediatheque.library.keep.provider import Delivery, Progress, Report, RequestRef
from mediatheque.providers.service import Access, Service, explanation, members, prompt_of, read_answer, text
from mediatheque.providers.signatures import check_time, is_standard

_PATH = "v1/predictions/"
_FAILED = frozenset({"failed", "canceled", "cancelled", "aborted"})


class Replicate(Service):
    """Replicate's predictions."""

    name = "replicate"
    signs_with_secret = True

    def __init__(self, access: Access, leeway: int) -> None:
        super().__init__(access)
        self._leeway = leeway

    def parse_url(self, url: str) -> RequestRef | None:
        """Read `v1/predictions/{id}`."""
        head, found, id = (self.path_of(url) or "").partition(_PATH)
        return RequestRef(request_id=id) if found and not head else None

    def read(self, record: Any) -> Report:
        """Read a prediction, as the API and the webhooks send it."""
        prediction = members(record)
        id, status = text(prediction.get("id")), text(prediction.get("status"))
        if id is None or status is None:
            raise Invalid("This is no prediction of Replicate: it has no id, or no status.", param="response")
        input = prediction.get("input")
        report = Report(
            progress=Progress.RUNNING, request_id=id, prompt=prompt_of(input), inputs=find_inputs(input),
            endpoint=text(prediction.get("model")) or text(prediction.get("version")),
        )  # fmt: skip
        if status in _FAILED:
            reason = explanation(prediction.get("error")) or f"Replicate says: {status}."
            return replace(report, progress=Progress.FAILED, reason=reason)
        if status != "succeeded":
            return report
        outputs = find_outputs({"output": prediction.get("output")}, inputs=report.inputs)
        return replace(report, progress=Progress.DONE, outputs=outputs)

    async def ask(self, request: RequestRef, key: str | None) -> Report:
        """See `Provider`."""
        answer = await self.get(f"{_PATH}{request.request_id}", {"authorization": f"Bearer {key}"})
        return read_answer(self.read, answer.record)

    async def verify(self, delivery: Delivery) -> None:
        """See `Provider`."""
        id, time, signature = (delivery.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
        check_time(time, delivery.received_at, self._leeway)
        if not is_standard(signature, id, time, delivery.body, delivery.secret or ""):
            raise SignatureRefused
