"""Secrets that must not be in a message or a log line: what is hidden, and how.

Some are found by their form (the password of a URL, an API key), the others because `remember` was given the value
that holds them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote, unquote_plus

import msgspec

_MARK = "***"
_SECRET_KEYWORD = r"(?:\w*(?:passw(?:or)?d|secret|token|signature|credential|account_?key|access_?key)\w*|sig|pwd|sas)"  # noqa: S105 - the names of secrets
_VALUE = r"""('(?:[^'\\]|\\.)*'|[^\s&'",;]+)"""
_ASSIGNED = re.compile(rf"\b({_SECRET_KEYWORD}\s*=\s*){_VALUE}", re.IGNORECASE)
"""`password=...` in a conninfo or a query."""
_NOT_SECRET = re.compile(r"\b\w*access_?key_?id\s*=\s*\S*", re.IGNORECASE)
_USER_INFO = re.compile(r"(://[^\s:/@'\"]*):[^\s'\"]*@")
_KEY = re.compile(r"\b(mt[qpuh]_)[\w.=-]+")
_SECRET_NAME = re.compile(r"\w*(?:PASSW(?:OR)?D|SECRET|TOKEN|(?:SECRET|ACCESS|ACCOUNT|API|SERVICE_ACCOUNT)_KEY)")
_MIN_LENGTH = 4
"""A shorter secret is hidden where its form gives it away; everywhere else it would be taken for parts of words."""

_known: list[str] = []
"""The longest first: one may be a part of another."""


class Discreet(msgspec.Struct, frozen=True, kw_only=True):
    """A struct whose `repr` hides secrets."""

    def __repr__(self) -> str:
        """Return the usual text, without passwords and keys."""
        return hide(super().__repr__())


def remember(values: Iterable[str], environment: Mapping[str, str]) -> None:
    """Hide from now on the secrets in these URLs or conninfos, and in variables whose names tell that they hold one."""
    named = (value for name, value in environment.items() if _SECRET_NAME.fullmatch(name))
    found = {*named, *(secret for value in values for secret in _secrets_in(value))}
    found = {secret.strip() for secret in found} | {*_known}
    _known[:] = sorted((secret for secret in found if len(secret) >= _MIN_LENGTH), key=len, reverse=True)


def hide(text: str) -> str:
    """Return the text with `***` in place of secrets."""
    for secret in _known:
        if secret in text:
            text = text.replace(secret, _MARK)
    if "@" in text:
        text = _USER_INFO.sub(rf"\1:{_MARK}@", text)
    if "=" in text:
        text = _ASSIGNED.sub(_hide_assigned, text)
    return _KEY.sub(rf"\1{_MARK}", text) if "mt" in text else text


def hide_in_log(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide secrets in every text of a log line; a processor of structlog."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = hide(value)
    return event


def _secrets_in(value: str) -> Iterator[str]:
    """Yield the secrets of a URL or conninfo, as they are written and decoded.

    Text that stands in the value a second time, such as a password that is the name of the user, is no secret.
    """
    found = [match[0].partition(":")[2].partition(":")[2][:-1] for match in _USER_INFO.finditer(value)]
    found += [match[2].strip("'") for match in _ASSIGNED.finditer(value) if not _NOT_SECRET.match(match[0])]
    for secret in found:
        if value.count(secret) == 1:
            yield from (secret, unquote(secret), unquote_plus(secret))


def _hide_assigned(match: re.Match[str]) -> str:
    return match[0] if _NOT_SECRET.match(match[0]) else f"{match[1]}{_MARK}"
