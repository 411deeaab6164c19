"""Which assets a smart collection has: those that its condition holds for, now."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from mediatheque.errors import NotFound, Unreadable
from mediatheque.library.collections.filters import parse
from mediatheque.library.search.hybrid import Example, Search
from mediatheque.model import And, Collection, CollectionType, Condition, Filter, IdIn, Or, SimilarTo

ExampleResolver = Callable[[SimilarTo], Awaitable[Example]]
"""Finds what a condition gives as an example. `NotFound` for one that is gone."""


class SmartCollections:
    """Narrows filters to collections, smart or not."""

    def __init__(self, search: Search) -> None:
        self._search = search

    async def resolve_filter(
        self, wanted: Filter, collection: Collection, examples: ExampleResolver
    ) -> tuple[Filter, bool]:
        """The filter, for what is in the collection; and whether something may be missing, because very many
        assets resemble an example."""
        if collection.type is not CollectionType.SMART:
            return msgspec.structs.replace(wanted, collection_id=collection.id), False
        search = _Resolution(self._search, collection.workspace_id, examples)
        condition = await search.resolved(parse(collection.filters))
        return msgspec.structs.replace(wanted, condition=condition), search.partial


class _Resolution:
    """Puts the assets that resemble the examples of one condition in their place."""

    def __init__(self, search: Search, workspace_id: UUID, examples: ExampleResolver) -> None:
        self._search = search
        self._workspace_id = workspace_id
        self._examples = examples
        self.partial = False

    async def resolved(self, condition: Condition) -> Condition:
        match condition:
            case And(parts):
                return And(tuple([await self.resolved(part) for part in parts]))
            case Or(parts):
                return Or(tuple([await self.resolved(part) for part in parts]))
            case SimilarTo():
                return IdIn(await self._alike(condition))
            case _:
                return condition

    async def _alike(self, resemblance: SimilarTo) -> tuple[UUID, ...]:
        """Nothing resembles an example that is gone, or shows nothing."""
        try:
            example = await self._examples(resemblance)
            ids, partial = await self._search.find_similar_ids(self._workspace_id, example, resemblance.least)
        except (NotFound, Unreadable):
            return ()
        self.partial |= partial
        return tuple(ids)
