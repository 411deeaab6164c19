"""Where assets come from: the request that made one, and what else went into it."""

from uuid import UUID

import msgspec

from mediatheque.errors import AssetNotFound, NotFound
from mediatheque.model import Asset, GenerationIO, Input, Provenance
from mediatheque.records.database import Connection
from mediatheque.records.lineage import generations as rows
from mediatheque.records.lineage import inputs as named


async def fill_provenance(conn: Connection, asset: Asset, provenance: Provenance | None) -> Asset:
    """An asset that is here already, with what was not known of where it comes from filled in."""
    if provenance is None or (provenance.declared_source is None and not provenance.has_generation):
        return asset
    made = provenance if provenance.is_output else Provenance()
    holds = await rows.fill(conn, asset, provenance.origin, made.request_id, made.endpoint)
    return msgspec.structs.replace(asset, request_id=holds)


async def record_provenance(conn: Connection, asset: Asset, provenance: Provenance | None) -> None:
    """Note the request that made the asset, or that it went into, in the caller's transaction; what is known stays.

    An asset is made once: a request that is not known to have made it is not noted. `NotFound` for inputs that the
    workspace does not have.
    """
    if provenance is None or provenance.request_id is None:
        return
    inputs = await _resolved(conn, asset.workspace_id, provenance.request_id, provenance.inputs)
    if provenance.is_output and asset.request_id != provenance.request_id:
        return
    await rows.upsert(conn, asset.workspace_id, provenance)
    itself = GenerationIO(
        request_id=provenance.request_id, output=provenance.is_output, asset_id=asset.id, kind=asset.kind
    )
    if provenance.is_output:
        await rows.add_output(conn, asset.workspace_id, itself)
    elif all(each.asset_id != asset.id for each in inputs):
        inputs = [itself, *inputs]
    await rows.add_inputs(conn, asset.workspace_id, inputs)


async def _resolved(
    conn: Connection, workspace_id: UUID, request_id: str, inputs: tuple[Input, ...]
) -> list[GenerationIO]:
    assets = await _assets(conn, workspace_id, inputs)
    characters = await _characters(conn, workspace_id, inputs)
    return [_generation_io(request_id, each, assets, characters) for each in inputs]


def _generation_io(
    request_id: str, given: Input, assets: named.InputAsset, characters: dict[str, UUID]
) -> GenerationIO:
    if given.character is not None:
        if given.character not in characters:
            raise NotFound("Character not found.", param="inputs")
        return GenerationIO(request_id=request_id, character_id=characters[given.character], role=given.role)
    found = assets.get(_name(given))
    if found:
        return GenerationIO(request_id=request_id, asset_id=found[0], kind=found[1], role=given.role)
    if given.asset is not None:
        raise AssetNotFound(param="inputs")
    return GenerationIO(request_id=request_id, url=given.url, role=given.role)


def _name(given: Input) -> UUID | str:
    """What the asset is known by; "" for a URL that is not ours."""
    if given.asset is not None:
        return given.asset.asset_id or given.asset.request_id or ""
    return given.file_id or ""


async def _assets(conn: Connection, workspace_id: UUID, inputs: tuple[Input, ...]) -> named.InputAsset:
    """The assets that are meant, by what they are called."""
    references = [each.asset for each in inputs if each.asset is not None]
    ids = [each.asset_id for each in references if each.asset_id]
    request_ids = [each.request_id for each in references if each.request_id]
    file_ids = [each.file_id for each in inputs if each.file_id]
    return {
        **await named.find_by_id(conn, workspace_id, ids),
        **await named.find_by_file(conn, workspace_id, file_ids),
        **await named.find_by_request(conn, workspace_id, request_ids),
    }


async def _characters(conn: Connection, workspace_id: UUID, inputs: tuple[Input, ...]) -> dict[str, UUID]:
    """The characters that are meant, by their ids or handles as these were given."""
    ids: dict[str, UUID] = {}
    handles: dict[str, str] = {}
    for text in {each.character for each in inputs if each.character is not None}:
        try:
            ids[text] = UUID(text)
        except ValueError:
            handles[text] = text.removeprefix("@")
    if not ids and not handles:
        return {}
    there = await named.find_characters(conn, workspace_id, list(ids.values()))
    called = await named.find_handles(conn, workspace_id, list(handles.values()))
    return {
        **{text: id for text, id in ids.items() if id in there},
        **{text: called[handle] for text, handle in handles.items() if handle in called},
    }
