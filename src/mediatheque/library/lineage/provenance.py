"""Provenance: the request that made an asset or used it, and the request's inputs."""

from uuid import UUID

import msgspec

from mediatheque.errors import AssetNotFound, NotFound
from mediatheque.model import Asset, GenerationIO, Input, Provenance
from mediatheque.records.database import Connection
from mediatheque.records.lineage import generations as rows
from mediatheque.records.lineage import inputs as input_rows


async def fill_provenance(conn: Connection, asset: Asset, provenance: Provenance | None) -> Asset:
    """Fill in the missing provenance of an existing asset, and return the asset with its request id."""
    if provenance is None or (provenance.declared_source is None and not provenance.has_generation):
        return asset
    generation = provenance if provenance.is_output else Provenance()
    request_id = await rows.fill(conn, asset, provenance.origin, generation.request_id, generation.endpoint)
    return msgspec.structs.replace(asset, request_id=request_id)


async def record_provenance(conn: Connection, asset: Asset, provenance: Provenance | None) -> None:
    """Record the request that made the asset or used it as an input, in the caller's transaction.

    Known facts are not overwritten. An asset has one request that made it: another one is not recorded. Raises
    `NotFound` when an input does not exist in the workspace.
    """
    if provenance is None or provenance.request_id is None:
        return
    inputs = await _resolve_inputs(conn, asset.workspace_id, provenance.request_id, provenance.inputs)
    if provenance.is_output and asset.request_id != provenance.request_id:
        return
    await rows.upsert(conn, asset.workspace_id, provenance)
    own_io = GenerationIO(
        request_id=provenance.request_id, output=provenance.is_output, asset_id=asset.id, kind=asset.kind
    )
    if provenance.is_output:
        await rows.add_output(conn, asset.workspace_id, own_io)
    elif all(each.asset_id != asset.id for each in inputs):
        inputs = [own_io, *inputs]
    await rows.add_inputs(conn, asset.workspace_id, inputs)


async def _resolve_inputs(
    conn: Connection, workspace_id: UUID, request_id: str, inputs: tuple[Input, ...]
) -> list[GenerationIO]:
    assets = await _find_assets(conn, workspace_id, inputs)
    characters = await _find_characters(conn, workspace_id, inputs)
    return [_generation_io(request_id, each, assets, characters) for each in inputs]


def _generation_io(
    request_id: str, given: Input, assets: input_rows.InputAssets, characters: dict[str, UUID]
) -> GenerationIO:
    if given.character is not None:
        if given.character not in characters:
            raise NotFound("Character not found.", param="inputs")
        return GenerationIO(request_id=request_id, character_id=characters[given.character], role=given.role)
    found = assets.get(_lookup_key(given))
    if found:
        return GenerationIO(request_id=request_id, asset_id=found[0], kind=found[1], role=given.role)
    if given.asset is not None:
        raise AssetNotFound(param="inputs")
    return GenerationIO(request_id=request_id, url=given.url, role=given.role)


def _lookup_key(given: Input) -> UUID | str:
    """Return the key of the asset in `InputAssets`. A URL of another server is one if an asset came from it."""
    if given.asset is not None:
        return given.asset.asset_id or given.asset.request_id or ""
    return given.file_id or given.url or ""


async def _find_assets(conn: Connection, workspace_id: UUID, inputs: tuple[Input, ...]) -> input_rows.InputAssets:
    """Return the assets that the inputs name, by the id that names them."""
    references = [each.asset for each in inputs if each.asset is not None]
    ids = [each.asset_id for each in references if each.asset_id]
    request_ids = [each.request_id for each in references if each.request_id]
    file_ids = [each.file_id for each in inputs if each.file_id]
    urls = [each.url for each in inputs if each.url and not each.file_id]
    return {
        **await input_rows.find_by_id(conn, workspace_id, ids),
        **await input_rows.find_by_file(conn, workspace_id, file_ids),
        **await input_rows.find_by_origin(conn, workspace_id, urls),
        **await input_rows.find_by_request(conn, workspace_id, request_ids),
    }


async def _find_characters(conn: Connection, workspace_id: UUID, inputs: tuple[Input, ...]) -> dict[str, UUID]:
    """Return the ids of the characters that the inputs name, by the id or handle as given."""
    ids: dict[str, UUID] = {}
    handles: dict[str, str] = {}
    for text in {each.character for each in inputs if each.character is not None}:
        try:
            ids[text] = UUID(text)
        except ValueError:
            handles[text] = text.removeprefix("@")
    if not ids and not handles:
        return {}
    known_ids = await input_rows.find_characters(conn, workspace_id, list(ids.values()))
    id_by_handle = await input_rows.find_handles(conn, workspace_id, list(handles.values()))
    return {
        **{text: id for text, id in ids.items() if id in known_ids},
        **{text: id_by_handle[handle] for text, handle in handles.items() if handle in id_by_handle},
    }
