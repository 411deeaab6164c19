"""Smart collections: the assets that match a condition at the time of the request."""

from uuid import UUID

import msgspec

from mediatheque.errors import NotFound, TypeMismatch, Unreadable
from mediatheque.library.collections.filters import parse
from mediatheque.library.search.hybrid import Example, Search
from mediatheque.model import And, Collection, CollectionType, Condition, Filter, IdIn, Kind, Or, SimilarTo, both
from mediatheque.records.catalog import files
from mediatheque.records.database import Database


class SmartCollections:
    """Operations on filters: restrict them to a collection, smart or not."""

    def __init__(self, database: Database, search: Search) -> None:
        self._database = database
        self._search = search

    async def resolve_filter(self, wanted: Filter, collection: Collection) -> tuple[Filter, bool]:
        """Return the filter restricted to the collection, and whether assets may be missing from it.

        Assets may be missing when more of them resemble an example than one search returns. Raises `TypeMismatch`
        when an example file is not of the kind that the condition says.
        """
        if collection.type is not CollectionType.SMART:
            return msgspec.structs.replace(wanted, collection_id=collection.id), False
        resolution = _Resolution(self._database, self._search, collection)
        condition = await resolution.resolve(parse(collection.filters))
        return msgspec.structs.replace(wanted, condition=both(wanted.condition, condition)), resolution.partial


class _Resolution:
    """Replacement of the examples in one collection's condition by the ids of the assets that resemble them."""

    def __init__(self, database: Database, search: Search, collection: Collection) -> None:
        self._database = database
        self._search = search
        self._collection = collection
        self.partial = False

    async def resolve(self, condition: Condition) -> Condition:
        match condition:
            case And(parts):
                return And(tuple([await self.resolve(part) for part in parts]))
            case Or(parts):
                return Or(tuple([await self.resolve(part) for part in parts]))
            case SimilarTo():
                return IdIn(await self._find_similar_ids(condition))
            case _:
                return condition

    async def _find_similar_ids(self, condition: SimilarTo) -> tuple[UUID, ...]:
        """Return no ids when the example file is deleted, or has no frame to compare with."""
        try:
            example = await self._example(condition)
            ids, partial = await self._search.find_similar_ids(
                self._collection.workspace_id, example, condition.min_similarity
            )
        except (NotFound, Unreadable):
            return ()
        self.partial |= partial
        return tuple(ids)

    async def _example(self, condition: SimilarTo) -> Example:
        if condition.text is not None:
            return Example(text=condition.text)
        file_id = self._collection.example_files.get(condition.url or "")
        if file_id is None:
            raise NotFound
        async with self._database.connection() as conn:
            file = await files.find(conn, self._collection.workspace_id, file_id)
        if file is None:
            raise NotFound
        kind, info = Kind.IMAGE if condition.image_url else Kind.VIDEO, file.blob.media_info
        if info.kind is not kind:
            raise TypeMismatch(f"The file is {info.mime}, not {kind.value}.", param="filters")
        return Example(blob=file.blob)
