"""The orders of lists of assets in SQL. An index has a workspace's assets outside the trash in each of them."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from mediatheque.model import Comparison, Field, Filter, Operator, Order, Position, Sort, required
from mediatheque.records.catalog import assets
from mediatheque.records.catalog.candidates import range_of
from mediatheque.records.catalog.filters import Clause, clause_of, comparison

_KEYS = {
    Sort.CREATED_AT: "a.created_at",
    Sort.TITLE: 'title_key(a.title) COLLATE "C"',
    Sort.SIZE: "a.size",
    Sort.DURATION: "coalesce(a.duration, 0)",
}
_TYPES = {Sort.CREATED_AT: "timestamptz", Sort.TITLE: "text", Sort.SIZE: "bigint", Sort.DURATION: "double precision"}
_BOUNDS = {Sort.CREATED_AT: Field.CREATED_AT, Sort.SIZE: Field.SIZE, Sort.DURATION: Field.DURATION}
_EQUAL = (Field.ENDPOINT, Field.FOLDER, Field.SOURCE, Field.TYPE)
"""Fields for which an index has the assets with one value in the order of their creation."""


class Listing(msgspec.Struct, frozen=True):
    """A workspace's assets that match a filter, in an order."""

    workspace_id: UUID
    wanted: Filter = Filter()
    order: Order = Order()

    @property
    def key(self) -> str:
        """What the assets `a` are sorted by."""
        return _KEYS[self.order.by]

    def order_by(self, key: str, id: str) -> str:
        """Return the ORDER BY clause over these expressions."""
        direction = "DESC" if self.order.descending else "ASC"
        return f"ORDER BY {key} {direction}, {id} {direction}"

    def beyond(self, key: str, id: str, after: Position | None) -> Clause:
        """Return the condition that an asset is after the position, with AND before it."""
        if after is None:
            return "", []
        operator = "<" if self.order.descending else ">"
        return f" AND ({key}, {id}) {operator} (%s::{_TYPES[self.order.by]}, %s)", [after.key, after.id]

    def matches(self) -> Clause:
        """Return the condition of the assets `a` with their files `f`."""
        where, values = clause_of(self.wanted)
        own = f"a.workspace_id = %s AND {assets.LIVE}"
        return f"{own} AND {where}", [self.workspace_id, *values]

    def entries(self, after: Position | None = None) -> Clause:
        """Return a query for `id` and `key` of the assets that can match, in their order.

        An index has exactly these in this order: as many rows are read as are taken. All assets that match are among
        them.
        """
        members = self._members() if self.order.by is Sort.CREATED_AT else None
        key, id = ("m.asset_created_at", "m.asset_id") if members else (self.key, "a.id")
        source, values = members or self._assets()
        beyond, position = self.beyond(key, id, after)
        query = f"SELECT {id} AS id, {key} AS key {source}{beyond} {self.order_by(key, id)}"
        return query, [*values, *position]

    def _members(self) -> Clause | None:
        """Return the members of a collection or tag that all matches are in. It must be the workspace's own."""
        wanted = self.wanted
        for of, table, ids in (
            ("collection", "collection_asset", (wanted.collection_id,) if wanted.collection_id else ()),
            ("collection", "collection_asset", wanted.character_ids),
            ("tag", "asset_tag", wanted.tag_ids[:1] if wanted.all_tags else wanted.tag_ids),
        ):
            if len(ids) == 1:
                bounds, values = self._bounds("m.asset_created_at")
                own = f"EXISTS (SELECT FROM {of} o WHERE o.id = %s AND o.workspace_id = %s)"
                source = f"FROM {table} m WHERE m.{of}_id = %s AND {own}{bounds}"
                return source, [ids[0], ids[0], self.workspace_id, *values]
        return None

    def _assets(self) -> Clause:
        """Return the assets with the value that an index in this order has."""
        bounds, values = self._bounds(self.key)
        equal, value = (self._equal() if self.order.by is Sort.CREATED_AT else None) or ("TRUE", [])
        source = f"FROM asset a WHERE a.workspace_id = %s AND a.trashed_at IS NULL AND {equal}{bounds}"
        return source, [self.workspace_id, *value, *values]

    def _bounds(self, column: str) -> Clause:
        """Return the filter's bounds of what is sorted by, with AND before each."""
        field = _BOUNDS.get(self.order.by)
        limits: Sequence[Clause] = range_of(required(self.wanted.condition), field, column) if field else ()
        return "".join(f" AND {sql}" for sql, _ in limits), [value for _, values in limits for value in values]

    def _equal(self) -> Clause | None:
        """Return a condition of equality for which an index has the assets in the order of their creation."""
        wanted = self.wanted
        equal = {
            part.field: part
            for part in required(wanted.condition)
            if isinstance(part, Comparison) and part.operator is Operator.EQ
        }
        for field in _EQUAL:
            if field in equal:
                return comparison(equal[field])
        if wanted.folder_id is not None or wanted.without_folder:
            return clause_of(Filter(folder_id=wanted.folder_id, without_folder=wanted.without_folder))
        if wanted.favorites:
            return clause_of(Filter(favorites=True))
        if len(wanted.sources) == 1:
            return clause_of(Filter(sources=wanted.sources))
        return clause_of(Filter(kinds=wanted.kinds)) if len(wanted.kinds) == 1 else None
