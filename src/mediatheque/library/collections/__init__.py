"""Collections and characters: members, hierarchy, images, smart filters."""

from mediatheque.library.collections.characters import Characters
from mediatheque.library.collections.collections import Collections
from mediatheque.library.collections.hierarchy import CollectionTree
from mediatheque.library.collections.members import Members
from mediatheque.library.collections.smart import SmartCollections
from mediatheque.library.search.hybrid import Search
from mediatheque.records.database import Database


class CollectionServices:
    """The operations on collections of every type, over one database. `search` finds what resembles an example."""

    def __init__(self, database: Database, search: Search) -> None:
        self.characters = Characters(database)
        self.collections = Collections(database)
        self.members = Members(database)
        self.smart = SmartCollections(database, search)
        self.tree = CollectionTree(database)
