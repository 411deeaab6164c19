"""What all uploads of the native API do with a body."""

from mediatheque.http.context import AppRequest
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.idempotency import Claim
from mediatheque.library.ingest.policy import Policy
from mediatheque.library.ingest.request import Body, IngestRequest
from mediatheque.model import Asset


async def store(
    request: AppRequest, body: Body, fields: AssetFields, claim: Claim | None, *, sha256: bytes | None = None
) -> Asset:
    """Store the body as an asset, or as the content of the one that the fields update. `sha256` is announced.

    Raises what `Intake.create_asset` raises.
    """
    asset = await request.library.ingest.create_asset(
        IngestRequest(
            workspace_id=request.workspace_id,
            body=body,
            policy=Policy(max_bytes=request.context.max_upload_bytes),
            describe=lambda _: fields,
            claim=claim,
            sha256=sha256,
        )
    )
    if fields.updates:
        await request.library.catalog.versions.delete_surplus(asset)
    return asset
