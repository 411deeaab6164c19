"""The JSON of keeps, hooks and providers' keys."""

import enum
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec

from mediatheque.dialects.native.shapes import Time
from mediatheque.library.keep.hooks import NewHook
from mediatheque.model.keep import Hook, Keep, KeepOutput, KeepState, Labels, OutputState, ProviderKey

ProviderSecret = Annotated[str, msgspec.Meta(min_length=8, max_length=1000, pattern=r"^[!-~]+\Z")]
TagName = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Endpoint = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class ProviderName(enum.StrEnum):
    """A service whose results are kept."""

    FAL = "fal"
    HEYGEN = "heygen"
    KREA = "krea"
    REPLICATE = "replicate"


class LabelFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the assets are given. `tags` are names, and created where they are missing.

    Of several assets of one result each has a number behind the title.
    """

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=240)] | None = None
    tags: Annotated[tuple[TagName, ...], msgspec.Meta(max_length=100)] = ()
    tag_ids: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=1000)] = ()
    collection_id: UUID | None = None
    metadata: dict[str, Any] = {}

    def labels(self) -> Labels:
        """Convert to the library's labels."""
        return Labels(**{name: getattr(self, name) for name in Labels.__struct_fields__})


class OutputShape(msgspec.Struct, frozen=True, kw_only=True):
    """An output of a result. `path` is its place in the result's JSON (RFC 6901).

    `asset_id` is there once the output is kept, and stays when the asset is deleted.
    """

    path: str
    url: str | None
    state: OutputState
    asset_id: UUID | None
    reason: str | None
    attempts: int

    @classmethod
    def of(cls, output: KeepOutput) -> Self:
        """Build the output object, without the content of a data URI."""
        return cls(
            path=output.path,
            url=None if not output.url or output.url.startswith("data:") else output.url,
            state=output.state,
            asset_id=output.asset_id if output.state is OutputState.KEPT else None,
            reason=output.reason,
            attempts=output.attempts,
        )


class KeepShape(msgspec.Struct, frozen=True, kw_only=True):
    """A keep. `attempts` counts the provider's polls and the rounds of fetches; `reason` says what stopped the last.

    `next_attempt_at` is null once it has ended.
    """

    id: UUID
    provider: str
    request_id: str | None
    endpoint: str | None
    state: KeepState
    reason: str | None
    attempts: int
    next_attempt_at: Time | None
    give_up_at: Time
    created_at: Time
    ended_at: Time | None
    outputs: tuple[OutputShape, ...]

    @classmethod
    def of(cls, keep: Keep, _: str = "") -> Self:
        """Build the keep object."""
        return cls(
            id=keep.id,
            provider=keep.provider,
            request_id=keep.request_id,
            endpoint=keep.endpoint,
            state=keep.state,
            reason=keep.reason,
            attempts=keep.attempts,
            next_attempt_at=keep.next_attempt_at,
            give_up_at=keep.give_up_at,
            created_at=keep.created_at,
            ended_at=keep.ended_at,
            outputs=tuple(map(OutputShape.of, keep.outputs)),
        )


class KeepPage(msgspec.Struct, frozen=True):
    """A page of keeps."""

    items: list[KeepShape]
    next_cursor: str | None


class HookShape(msgspec.Struct, frozen=True, kw_only=True):
    """A hook. `url` is told once, to who creates it."""

    id: UUID
    provider: str
    endpoint: str | None
    has_secret: bool
    title: str | None
    tags: tuple[str, ...]
    tag_ids: tuple[UUID, ...]
    collection_id: UUID | None
    metadata: dict[str, Any]
    created_at: Time
    url: str | None

    @classmethod
    def of(cls, made: Hook | NewHook, _: str = "") -> Self:
        """Build the hook object without its URL: of the token only the hash is stored, in replayed answers as well."""
        hook = made.hook if isinstance(made, NewHook) else made
        labels = hook.labels
        return cls(
            id=hook.id,
            provider=hook.provider,
            endpoint=hook.endpoint,
            has_secret=hook.sealed_secret is not None,
            title=labels.title,
            tags=labels.tags,
            tag_ids=labels.tag_ids,
            collection_id=labels.collection_id,
            metadata=labels.metadata,
            created_at=hook.created_at,
            url=None,
        )

    @classmethod
    def with_url(cls, created: NewHook, base: str) -> Self:
        """Build the object of a new hook."""
        url = f"{base}/api/hooks/{created.hook.provider}/{created.token}"
        return msgspec.structs.replace(cls.of(created), url=url)


class HookPage(msgspec.Struct, frozen=True):
    """A page of hooks."""

    items: list[HookShape]
    next_cursor: str | None


class Received(msgspec.Struct, frozen=True):
    """What became of a webhook: the keep that it begins or completes; none where it announces nothing to keep."""

    keep_id: UUID | None
    state: KeepState | None


class ProviderKeyShape(msgspec.Struct, frozen=True):
    """A stored key of a provider. `hint` is its last four characters, and empty for a short key."""

    provider: str
    hint: str
    updated_at: Time

    @classmethod
    def of(cls, key: ProviderKey, _: str = "") -> Self:
        """Build the object; the key itself is never shown."""
        return cls(key.provider, key.hint, key.updated_at)


class ProviderKeyList(msgspec.Struct, frozen=True):
    """The stored keys."""

    items: list[ProviderKeyShape]
