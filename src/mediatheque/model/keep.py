"""Keeps: results of other services that the library fetches, and the webhooks that announce them."""

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class KeepState(enum.StrEnum):
    """How far a keep is. The last three are its ends; a retry begins it again."""

    WAITING = "waiting"
    """The provider has not finished the request, as far as is known."""
    SAVING = "saving"
    """The result is known, and its outputs are fetched."""
    DONE = "done"
    """Every output is an asset."""
    FAILED = "failed"
    """A dead letter: the request failed, or an output could not be kept; `reason` says why."""
    CANCELED = "canceled"
    """A client has given it up."""


class OutputState(enum.StrEnum):
    """What has become of an output."""

    PENDING = "pending"
    """It will be fetched, or fetched again."""
    KEPT = "kept"
    """It is an asset."""
    SKIPPED = "skipped"
    """What is at the URL is no media file, and nothing said that it would be."""
    FAILED = "failed"
    """It could not be kept."""


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """What the assets of a keep are given. `tags` are names."""

    title: str | None = None
    tags: tuple[str, ...] = ()
    tag_ids: tuple[UUID, ...] = ()
    collection_id: UUID | None = None
    metadata: dict[str, Any] = {}


class KeepOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A URL in a result: `path` is its place in the result's JSON (RFC 6901), which is its identity in the keep.

    `asset_id` is the asset's, chosen before it exists. `url` may be a data URI, and is empty once that is kept.
    `is_media`: the result says that it is a media file. `gone` counts how often the URL was said to have ended.
    """

    path: str
    url: str
    name: str | None
    is_media: bool
    asset_id: UUID
    state: OutputState = OutputState.PENDING
    reason: str | None = None
    attempts: int = 0
    gone: int = 0


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """A result of a provider's request that becomes assets.

    `subject` identifies the result among those of the provider in the workspace: the request's id, or a hash of what
    was sent instead of one. `sealed_key` is the provider's API key for this keep, encrypted, until it has ended.
    `attempts` counts all attempts, `failures` those in a row that failed, `unfinished` those without a recorded end.
    """

    id: UUID
    workspace_id: UUID
    provider: str
    subject: str
    state: KeepState
    created_at: datetime
    give_up_at: datetime
    request_id: str | None = None
    endpoint: str | None = None
    prompt: str | None = None
    inputs: tuple[str, ...] = ()
    labels: Labels = Labels()
    sealed_key: bytes | None = None
    reason: str | None = None
    attempts: int = 0
    failures: int = 0
    unfinished: int = 0
    next_attempt_at: datetime | None = None
    ended_at: datetime | None = None
    outputs: tuple[KeepOutput, ...] = ()

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is attempted."""
        return self.state not in (KeepState.WAITING, KeepState.SAVING)


class KeepFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which keeps are listed; None is all."""

    state: KeepState | None = None
    provider: str | None = None
    request_id: str | None = None


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """A URL that a provider's webhooks are sent to. Of the token in it only the hash is stored.

    `key_id` is the key that created it. `endpoint` is that of the requests, where the provider's webhooks do not name
    it. `sealed_secret` is the secret that the provider signs with, encrypted.
    """

    id: UUID
    workspace_id: UUID
    key_id: UUID
    provider: str
    created_at: datetime
    endpoint: str | None = None
    labels: Labels = Labels()
    sealed_secret: bytes | None = None


class ProviderKey(msgspec.Struct, frozen=True, kw_only=True):
    """A workspace's API key of a provider, encrypted. `hint` is its last four characters."""

    workspace_id: UUID
    provider: str
    sealed: bytes
    hint: str
    updated_at: datetime
