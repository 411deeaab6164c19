"""The types that all packages share. Frozen, with no behaviour beyond what follows from their own fields.

Sizes are bytes, dimensions pixels (as shown, orientation applied), durations seconds, times aware UTC.
"""

from mediatheque.model.accounts import AREAS, Key, Principal, Scope, Workspace, included
from mediatheque.model.assets import (
    Asset,
    AssetRef,
    Branch,
    Collection,
    CollectionType,
    Folder,
    Hierarchy,
    Tag,
    TreeNode,
    revision_of,
)
from mediatheque.model.audit import Actor, ActorKind, AuditEntry, AuditFilter, current_actor
from mediatheque.model.embedding import EmbeddingModel
from mediatheque.model.files import Acl, AclEffect, AclEntry, File, FileDefaults
from mediatheque.model.filters import And, Comparison, Condition, Field, IdIn, Operator, Or, SimilarTo
from mediatheque.model.generations import (
    AssetNode,
    CharacterNode,
    Edge,
    GenerationIO,
    Input,
    Lineage,
    Node,
    Origin,
    Provenance,
    RequestNode,
    Role,
    UrlNode,
)
from mediatheque.model.idempotency import StoredReply
from mediatheque.model.listing import Cursor, Filter, FolderFilter
from mediatheque.model.media import Blob, BlobState, Format, Kind, MediaInfo
from mediatheque.model.uploads import Batch, DeclaredMetadata, Upload, UploadedPart, UploadMethod
from mediatheque.model.usage import Quota, Stored, Usage, UsageDay

__all__ = [
    "AREAS",
    "Acl",
    "AclEffect",
    "AclEntry",
    "Actor",
    "ActorKind",
    "And",
    "Asset",
    "AssetNode",
    "AssetRef",
    "AuditEntry",
    "AuditFilter",
    "Batch",
    "Blob",
    "BlobState",
    "Branch",
    "CharacterNode",
    "Collection",
    "CollectionType",
    "Comparison",
    "Condition",
    "Cursor",
    "DeclaredMetadata",
    "Edge",
    "EmbeddingModel",
    "Field",
    "File",
    "FileDefaults",
    "Filter",
    "Folder",
    "FolderFilter",
    "Format",
    "GenerationIO",
    "Hierarchy",
    "IdIn",
    "Input",
    "Key",
    "Kind",
    "Lineage",
    "MediaInfo",
    "Node",
    "Operator",
    "Or",
    "Origin",
    "Principal",
    "Provenance",
    "Quota",
    "RequestNode",
    "Role",
    "Scope",
    "SimilarTo",
    "Stored",
    "StoredReply",
    "Tag",
    "TreeNode",
    "Upload",
    "UploadMethod",
    "UploadedPart",
    "UrlNode",
    "Usage",
    "UsageDay",
    "Workspace",
    "current_actor",
    "included",
    "revision_of",
]
