"""Ingest requests without HTTP."""

from uuid import UUID

from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.ingest.policy import MIB, Policy
from mediatheque.library.ingest.request import ByteSink, IngestRequest
from mediatheque.model import DeclaredMetadata

ANYTHING = Policy(max_bytes=MIB)


class Content:
    """A body in memory."""

    def __init__(self, data: bytes, declared: DeclaredMetadata | None = None, pieces: int = 3) -> None:
        self.data, self.declared, self.pieces = data, declared or DeclaredMetadata(), pieces

    async def stream_to(self, sink: ByteSink) -> DeclaredMetadata:
        step = max(1, len(self.data) // self.pieces)
        for start in range(0, len(self.data), step):
            await sink.write(self.data[start : start + step])
        return self.declared


def ingest_request(
    workspace_id: UUID, data: bytes, *, name: str | None = None, details: AssetFields | None = None
) -> IngestRequest:
    return IngestRequest(
        workspace_id=workspace_id,
        body=Content(data, DeclaredMetadata(name=name)),
        policy=ANYTHING,
        describe=lambda _: details or AssetFields(),
    )
