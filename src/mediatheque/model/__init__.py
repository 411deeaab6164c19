"""The nouns. Frozen, without behaviour beyond what follows from their own fields.

Sizes are bytes, dimensions pixels (as shown, orientation applied), durations seconds, times aware UTC.
"""

from mediatheque.model.accounts import Caller, Key, Scope, Workspace
from mediatheque.model.assets import Asset, Collection, CollectionType, Folder, Reference, Tag
from mediatheque.model.files import Access, Decision, File, Keeping, Rule
from mediatheque.model.filters import Comparison, Condition, Every, Field, OneOf, Operator, Resemblance, Some
from mediatheque.model.generations import (
    AssetNode,
    CharacterNode,
    Edge,
    Input,
    Lineage,
    Node,
    Origin,
    Participant,
    Provenance,
    RequestNode,
    Role,
    UrlNode,
)
from mediatheque.model.listing import Filter, FolderFilter, Position
from mediatheque.model.media import Blob, Facts, Format, Kind
from mediatheque.model.uploads import Batch, Labels, Piece, Upload, Way

__all__ = [
    "Access",
    "Asset",
    "AssetNode",
    "Batch",
    "Blob",
    "Caller",
    "CharacterNode",
    "Collection",
    "CollectionType",
    "Comparison",
    "Condition",
    "Decision",
    "Edge",
    "Every",
    "Facts",
    "Field",
    "File",
    "Filter",
    "Folder",
    "FolderFilter",
    "Format",
    "Input",
    "Keeping",
    "Key",
    "Kind",
    "Labels",
    "Lineage",
    "Node",
    "OneOf",
    "Operator",
    "Origin",
    "Participant",
    "Piece",
    "Position",
    "Provenance",
    "Reference",
    "RequestNode",
    "Resemblance",
    "Role",
    "Rule",
    "Scope",
    "Some",
    "Tag",
    "Upload",
    "UrlNode",
    "Way",
    "Workspace",
]
