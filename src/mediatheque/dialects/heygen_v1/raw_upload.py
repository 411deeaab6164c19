"""HeyGen v1's uploads: the whole body is the file."""

from uuid import UUID

from mediatheque.errors import EmptyFile
from mediatheque.http.context import AppRequest
from mediatheque.http.upload.bodies import RawBody
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.ingest.policy import Policy
from mediatheque.library.ingest.request import IngestRequest
from mediatheque.model import Asset


async def store_body(request: AppRequest, policy: Policy, folder_id: UUID | None = None) -> Asset:
    """Store the body as an asset. `?name=` becomes the file's name in its URL."""
    _reject_multipart(request)
    body = RawBody(request, name=request.query_params.get("name"), limit=policy.max_bytes)
    return await request.library.ingest.create_asset(
        IngestRequest(
            workspace_id=request.workspace_id,
            body=body,
            policy=policy,
            describe=lambda _: AssetFields(folder_id=folder_id),
        )
    )


def _reject_multipart(request: AppRequest) -> None:
    """Raise `EmptyFile` for a multipart body. [observed] v1 answers it as an empty one."""
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise EmptyFile
