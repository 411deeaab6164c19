"""The nouns. Frozen, without behaviour beyond what follows from their own fields.

Sizes are bytes, dimensions pixels (as shown, orientation applied), durations seconds, times aware UTC.
"""

from mediatheque.model.accounts import Caller, Key, Scope, Workspace
from mediatheque.model.assets import Asset, Collection, CollectionType, Folder, Reference, Tag
from mediatheque.model.conditions import Comparison, Condition, Every, Field, OneOf, Operator, Resemblance, Some
from mediatheque.model.files import Access, Decision, File, Keeping, Rule
from mediatheque.model.lists import Filter, FolderFilter, Position
from mediatheque.model.media import Blob, Facts, Format, Kind
from mediatheque.model.uploads import Batch, Labels, Piece, Upload, Way

__all__ = [
    "Access",
    "Asset",
    "Batch",
    "Blob",
    "Caller",
    "Collection",
    "CollectionType",
    "Comparison",
    "Condition",
    "Decision",
    "Every",
    "Facts",
    "Field",
    "File",
    "Filter",
    "Folder",
    "FolderFilter",
    "Format",
    "Keeping",
    "Key",
    "Kind",
    "Labels",
    "OneOf",
    "Operator",
    "Piece",
    "Position",
    "Reference",
    "Resemblance",
    "Rule",
    "Scope",
    "Some",
    "Tag",
    "Upload",
    "Way",
    "Workspace",
]
