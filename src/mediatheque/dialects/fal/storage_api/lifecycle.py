"""fal's lifecycle of a file: when it expires and who may read it."""

from typing import Annotated

import msgspec

from mediatheque.errors import Invalid
from mediatheque.http.context import AppRequest
from mediatheque.model import Acl, AclEffect, AclEntry, FileDefaults

_HEADERS = ("x-fal-object-lifecycle", "x-fal-object-lifecycle-preference")
_MAX_SECONDS = 3_155_760_000  # a hundred years
_MAX_RULES = 1000
_NO_NUL = r"^[^\x00]*$"  # PostgreSQL's JSON cannot store NUL

Seconds = Annotated[int, msgspec.Meta(ge=1, le=_MAX_SECONDS)]


class AclRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The effect for one user. A user is the name of a workspace here."""

    user: Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=_NO_NUL)]
    decision: AclEffect


AclRules = Annotated[tuple[AclRule, ...], msgspec.Meta(max_length=_MAX_RULES)]


class AclBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[documented] The ACL of a file."""

    default: AclEffect
    rules: AclRules = ()

    @classmethod
    def of(cls, acl: Acl | None) -> "AclBody":
        """Convert the library's ACL; None means that everyone may read."""
        acl = acl or Acl()
        return cls(acl.default_effect, tuple(AclRule(entry.workspace, entry.effect) for entry in acl.entries))

    def to_acl(self) -> Acl:
        """Convert to the library's ACL."""
        return Acl(self.default, tuple(AclEntry(rule.user, rule.decision) for rule in self.rules))


class InitialAcl(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[observed] The ACL in a lifecycle header, where clients may leave out either field."""

    default: AclEffect | None = None
    rules: AclRules = ()

    def over(self, settings: Acl | None) -> Acl:
        """Return the ACL, with the default effect of the workspace's settings if this one has none."""
        return AclBody(self.default or (settings or Acl()).default_effect, self.rules).to_acl()


class Lifecycle(msgspec.Struct, frozen=True):
    """[observed] The JSON of the lifecycle headers; an absent key means the workspace's setting."""

    expiration_duration_seconds: Seconds | msgspec.UnsetType | None = msgspec.UNSET
    initial_acl: InitialAcl | msgspec.UnsetType | None = msgspec.UNSET

    def over(self, settings: FileDefaults) -> FileDefaults:
        """Return the workspace's settings, overridden by the fields that are present."""
        seconds, acl = self.expiration_duration_seconds, settings.acl
        if not isinstance(self.initial_acl, msgspec.UnsetType):
            acl = self.initial_acl.over(settings.acl) if self.initial_acl else None
        return FileDefaults(
            lifetime_seconds=settings.lifetime_seconds if isinstance(seconds, msgspec.UnsetType) else seconds,
            acl=acl,
        )


async def file_defaults_of(request: AppRequest) -> FileDefaults:
    """Return expiry and ACL for the uploaded file: the workspace's settings, overridden by the lifecycle header.

    Raises `Invalid` when the header is not valid.
    """
    settings = await request.library.catalog.access.defaults(request.workspace_id)
    text = next((request.headers[name] for name in _HEADERS if name in request.headers), None)
    if text is None:
        return settings
    try:
        return msgspec.json.decode(text, type=Lifecycle).over(settings)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Invalid(f"X-Fal-Object-Lifecycle: {error}", param="X-Fal-Object-Lifecycle") from None
