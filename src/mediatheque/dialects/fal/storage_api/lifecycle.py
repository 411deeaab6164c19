"""fal's words for how a file is kept: when it expires and who may read it."""

from typing import Annotated

import msgspec

from mediatheque.errors import Invalid
from mediatheque.http.context import AppRequest
from mediatheque.model import Acl, AclEffect, AclEntry, FileDefaults

_HEADERS = ("x-fal-object-lifecycle", "x-fal-object-lifecycle-preference")
_CENTURY = 3_155_760_000
_MOST_RULES = 1000
_NO_NUL = r"^[^\x00]*$"  # PostgreSQL's JSON has none

Seconds = Annotated[int, msgspec.Meta(ge=1, le=_CENTURY)]


class AclRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one user is told. Users are known here by the name of their workspace."""

    user: Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=_NO_NUL)]
    decision: AclEffect


AclRules = Annotated[tuple[AclRule, ...], msgspec.Meta(max_length=_MOST_RULES)]


class AclBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[documented] Who may read a file."""

    default: AclEffect
    rules: AclRules = ()

    @classmethod
    def of(cls, access: Acl | None) -> "AclBody":
        """The library's access in fal's words; everybody may read where there is none."""
        access = access or Acl()
        return cls(access.default_effect, tuple(AclRule(rule.workspace, rule.effect) for rule in access.entries))

    def access(self) -> Acl:
        """The same in the library's words."""
        return Acl(self.default, tuple(AclEntry(rule.user, rule.decision) for rule in self.rules))


class InitialAcl(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[observed] The same in a lifecycle header, where both clients may leave either half out."""

    default: AclEffect | None = None
    rules: AclRules = ()

    def over(self, settings: Acl | None) -> Acl:
        """The access, with the default of the settings where this has none."""
        return AclBody(self.default or (settings or Acl()).default_effect, self.rules).access()


class Lifecycle(msgspec.Struct, frozen=True):
    """[observed] The JSON of the lifecycle headers; a key that is absent leaves its point to the settings."""

    expiration_duration_seconds: Seconds | msgspec.UnsetType | None = msgspec.UNSET
    initial_acl: InitialAcl | msgspec.UnsetType | None = msgspec.UNSET

    def over(self, settings: FileDefaults) -> FileDefaults:
        """The settings, where this says nothing else."""
        seconds, access = self.expiration_duration_seconds, settings.acl
        if not isinstance(self.initial_acl, msgspec.UnsetType):
            access = self.initial_acl.over(settings.acl) if self.initial_acl else None
        return FileDefaults(
            lifetime_seconds=settings.lifetime_seconds if isinstance(seconds, msgspec.UnsetType) else seconds,
            acl=access,
        )


async def file_defaults_of(request: AppRequest) -> FileDefaults:
    """How the file of this upload is to be kept: as its headers say, else as the workspace's settings do.

    `Invalid` for a header that is not a lifecycle.
    """
    settings = await request.library.catalog.access.defaults(request.workspace_id)
    text = next((request.headers[name] for name in _HEADERS if name in request.headers), None)
    if text is None:
        return settings
    try:
        return msgspec.json.decode(text, type=Lifecycle).over(settings)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Invalid(f"X-Fal-Object-Lifecycle: {error}", param="X-Fal-Object-Lifecycle") from None
