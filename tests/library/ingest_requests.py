"""Offers without HTTP."""

from uuid import UUID

from mediatheque.library.ingest.policy import MIB, Policy
from mediatheque.library.ingest.request import Details, Offer, Sink
from mediatheque.model import Labels

ANYTHING = Policy(max_bytes=MIB)


class Content:
    """A body that is in memory already."""

    def __init__(self, data: bytes, labels: Labels | None = None, pieces: int = 3) -> None:
        self.data, self.labels, self.pieces = data, labels or Labels(), pieces

    async def pour(self, sink: Sink) -> Labels:
        step = max(1, len(self.data) // self.pieces)
        for start in range(0, len(self.data), step):
            await sink.write(self.data[start : start + step])
        return self.labels


def offer(workspace_id: UUID, data: bytes, *, name: str | None = None, details: Details | None = None) -> Offer:
    return Offer(
        workspace_id=workspace_id,
        body=Content(data, Labels(name=name)),
        policy=ANYTHING,
        describe=lambda _: details or Details(),
    )
