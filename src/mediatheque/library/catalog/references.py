"""What an asset refers to: tags, collections, a folder, the request that made it. All are locked against deletion."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from mediatheque.errors import Invalid, NotFound
from mediatheque.library.catalog import folders
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.catalog.tags import ensure, require
from mediatheque.library.lineage.provenance import record_provenance
from mediatheque.model import Asset, CollectionType
from mediatheque.records.catalog import tags
from mediatheque.records.collections import members
from mediatheque.records.database import Connection


class References(msgspec.Struct, frozen=True):
    """Ids of tags and collections that are locked."""

    tag_ids: Sequence[UUID] = ()
    collection_ids: Sequence[UUID] = ()


async def lock_references(conn: Connection, workspace_id: UUID, fields: AssetFields) -> References:
    """Lock what the fields refer to against deletion until the transaction ends, and create the tags that are missing.

    Raises `NotFound` when a tag id, collection or folder (outside the trash) does not exist in the workspace, and
    `Invalid` when a collection is not a manual one or a tag's name is not valid.
    """
    known = await require(conn, workspace_id, fields.tag_ids, param="tag_ids")
    named = await ensure(conn, workspace_id, fields.tags)
    for id in fields.all_collection_ids:
        await lock_collection(conn, workspace_id, id, (CollectionType.MANUAL,), param="collection_id")
    if fields.folder_id:
        await folders.lock_for_share(conn, workspace_id, fields.folder_id)
    tag_ids = dict.fromkeys(tag.id for tag in (*known, *named))
    return References(tuple(tag_ids), fields.all_collection_ids)


async def add_references(conn: Connection, asset: Asset, fields: AssetFields, references: References) -> bool:
    """Record the asset's provenance, and add its tags and collections. Return whether there are any of these.

    `lock_references` has returned the references. Raises `NotFound` when an input does not exist in the workspace.
    """
    await record_provenance(conn, asset, fields.provenance)
    if references.tag_ids:
        await tags.assign(conn, asset.workspace_id, asset.id, references.tag_ids)
    for id in references.collection_ids:
        await members.add(conn, asset.workspace_id, id, asset.id)
    return bool(references.tag_ids or references.collection_ids)


async def lock_collection(
    conn: Connection, workspace_id: UUID, collection_id: UUID, types: Iterable[CollectionType], *, param: str
) -> None:
    """Lock the collection against deletion until the transaction ends.

    Raises `NotFound` when there is no such collection, and `Invalid` when it is not of one of the types.
    """
    found = await members.lock_for_share(conn, workspace_id, collection_id)
    if found is None:
        raise NotFound(f"Collection {collection_id} not found.", param=param)
    if found not in types:
        raise Invalid(f"This is a {found.value} collection, not a manual one.", param=param)
