"""fal's words for how a file is kept: when it expires and who may read it."""

from typing import Annotated, Any

import msgspec
from litestar import Request

from mediatheque.errors import Invalid
from mediatheque.http.context import context_of
from mediatheque.http.request.auth import caller_of
from mediatheque.model import Access, Decision, Keeping, Rule

_HEADERS = ("x-fal-object-lifecycle", "x-fal-object-lifecycle-preference")
_CENTURY = 3_155_760_000
_MOST_RULES = 1000
_NO_NUL = r"^[^\x00]*$"  # PostgreSQL's JSON has none

Seconds = Annotated[int, msgspec.Meta(ge=1, le=_CENTURY)]


class AclRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one user is told. Users are known here by the name of their workspace."""

    user: Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=_NO_NUL)]
    decision: Decision


AclRules = Annotated[tuple[AclRule, ...], msgspec.Meta(max_length=_MOST_RULES)]


class Acl(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[documented] Who may read a file."""

    default: Decision
    rules: AclRules = ()

    @classmethod
    def of(cls, access: Access | None) -> "Acl":
        """The library's access in fal's words; everybody may read where there is none."""
        access = access or Access()
        return cls(access.default, tuple(AclRule(rule.user, rule.decision) for rule in access.rules))

    def access(self) -> Access:
        """The same in the library's words."""
        return Access(self.default, tuple(Rule(rule.user, rule.decision) for rule in self.rules))


class InitialAcl(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[observed] The same in a lifecycle header, where both clients may leave either half out."""

    default: Decision | None = None
    rules: AclRules = ()

    def over(self, settings: Access | None) -> Access:
        """The access, with the default of the settings where this has none."""
        return Acl(self.default or (settings or Access()).default, self.rules).access()


class Lifecycle(msgspec.Struct, frozen=True):
    """[observed] The JSON of the lifecycle headers; a key that is absent leaves its point to the settings."""

    expiration_duration_seconds: Seconds | msgspec.UnsetType | None = msgspec.UNSET
    initial_acl: InitialAcl | msgspec.UnsetType | None = msgspec.UNSET

    def over(self, settings: Keeping) -> Keeping:
        """The settings, where this says nothing else."""
        seconds, access = self.expiration_duration_seconds, settings.access
        if not isinstance(self.initial_acl, msgspec.UnsetType):
            access = self.initial_acl.over(settings.access) if self.initial_acl else None
        return Keeping(seconds=settings.seconds if isinstance(seconds, msgspec.UnsetType) else seconds, access=access)


async def keeping_of(request: Request[Any, Any, Any]) -> Keeping:
    """How the file of this upload is to be kept: as its headers say, else as the workspace's settings do.

    `Invalid` for a header that is not a lifecycle.
    """
    settings = await context_of(request).library.access.keeping(caller_of(request).workspace_id)
    text = next((request.headers[name] for name in _HEADERS if name in request.headers), None)
    if text is None:
        return settings
    try:
        return msgspec.json.decode(text, type=Lifecycle).over(settings)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Invalid(f"X-Fal-Object-Lifecycle: {error}", param="X-Fal-Object-Lifecycle") from None
