"""Krea: jobs (docs.krea.ai/developers/job-lifecycle and /webhooks). Its webhooks are not signed."""

from typing import Any

from msgspec.structs import replace

from mediatheque.errors import Invalid
from mediatheque.library.keep.outputs import find_inputs, find_outputs
from mediatheque.library.keep.provider import Delivery, Progress, Report, RequestRef
from mediatheque.providers.service import Service, explanation, members, prompt_of, read_answer, text

_FAILED = frozenset({"failed", "cancelled", "canceled"})


class Krea(Service):
    """Krea's jobs."""

    name = "krea"
    signs = False

    def parse_url(self, url: str) -> RequestRef | None:
        """Read `jobs/{id}`."""
        head, found, id = (self.path_of(url) or "").partition("jobs/")
        return RequestRef(request_id=id) if found and not head else None

    def read(self, record: Any) -> Report:
        """Read a job, as the API and the webhooks send it."""
        job = members(record)
        id, status = text(job.get("job_id")) or text(job.get("id")), text(job.get("status"))
        if id is None or status is None:
            raise Invalid("This is no job of Krea: it has no job_id, or no status.", param="response")
        input = job.get("input") or job.get("params")
        report = Report(
            progress=Progress.RUNNING, request_id=id, prompt=prompt_of(input), inputs=find_inputs(input),
            endpoint=text(job.get("type")) or text(job.get("model")),
        )  # fmt: skip
        result = members(job.get("result"))
        if status in _FAILED:
            reason = explanation(result.get("error")) or explanation(job.get("error")) or f"Krea says: {status}."
            return replace(report, progress=Progress.FAILED, reason=reason)
        if status != "completed":
            return report
        urls = find_outputs({"urls": result.get("urls")}, certain=True)
        others = find_outputs({name: each for name, each in result.items() if name != "urls"}, inputs=report.inputs)
        return replace(report, progress=Progress.DONE, outputs=urls + others)

    async def ask(self, request: RequestRef, key: str | None) -> Report:
        """See `Provider`."""
        answer = await self.get(f"jobs/{request.request_id}", {"authorization": f"Bearer {key}"})
        return read_answer(self.read, answer.record)

    async def verify(self, delivery: Delivery) -> None:
        """Krea documents no signature: the token in the hook's URL is the secret."""
