"""The environment as platforms hand it over: what is a setting in it, and what a value means.

Values come out of YAML templates, env files and files of secrets, with blanks, line breaks and quotes around them. A
container platform adds variables of its own for each service that it knows; their names can be those of settings.
"""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path

FILE = "_FILE"
"""Suffix of a variable that names a file with the value, as for Docker's secrets."""

_BLANK = " \t\r\n\v\f\0\u00a0\u200b\ufeff"
_ABSENT = frozenset({"", "null", "none", "nil", "undefined", "<no value>", "<nil>"})
"""What templates write for a value that they lack, in lower case."""
_REFERENCE = re.compile(r"\$\{[^{}]*\}|\$\([^()]*\)|\{\{[^{}]*\}\}|%\([^()]*\)s?")
_OF_BUCKETS = ("AWS_", "AZURE_", "GOOGLE_")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ADDRESS = re.compile(r"(?:tcp|udp|sctp)://", re.IGNORECASE)
_LINK = re.compile(
    r"\w*_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR)(?:_START|_END)?)?"
    r"|PORT_\d+_(?:TCP|UDP)_(?:START|END)|ENV_\w+)"
)
"""Names of the variables that Kubernetes and Docker set for a service or a linked container."""


def is_service_link(name: str, value: str) -> bool:
    """Whether the platform set this variable to tell the address of a service, so that it is no setting."""
    if name.endswith("_PORT") and _ADDRESS.match(value.strip(_BLANK)):
        return True
    return bool(_LINK.fullmatch(name)) or (name.endswith("_NAME") and value.startswith("/"))


def read(environment: Mapping[str, str], name: str) -> str | None:
    """Return the value of a variable, or the content of the file that the variable with `_FILE` names; None when
    neither is set.

    Raises ValueError, with a message that holds no value, when both are set or the file cannot be read.
    """
    text, path = environment.get(name), _clean(environment.get(name + FILE, ""))
    if text is not None and is_service_link(name, text):
        text = None
    if not path:
        return None if text is None else _clean(text)
    if text is not None and _clean(text):
        raise ValueError(f"it is set, and {name}{FILE} is, too: remove one of them")
    return _read_file(path, name + FILE)


def is_absent(text: str) -> bool:
    """Whether the text stands for a missing value."""
    return text.lower() in _ABSENT


def clean(text: str) -> str:
    """Return the value without blanks, line breaks and quotes around it.

    Raises ValueError when it holds a control character or is a reference that was not replaced by its value.
    """
    text = _clean(text)
    if _REFERENCE.fullmatch(text):
        raise ValueError(f"{text} was not replaced by a value")
    if control := _CONTROL.search(text):
        what = "a line break" if control[0] in "\r\n" else f"the control character {ord(control[0])}"
        raise ValueError(f"holds {what} in the middle")
    return text


def parts(text: str) -> list[str]:
    """Return the items of a list, which commas, blanks or line breaks part."""
    return [] if is_absent(_clean(text)) else [clean(part) for part in re.split(r"[,\s]+", _clean(text)) if part]


def decode(content: bytes) -> str:
    """Return the text of a file: UTF-8, with or without a byte order mark. Raises ValueError when it is neither."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 text (byte {error.start})") from None


def trim_credentials(environment: MutableMapping[str, str]) -> None:
    """Trim the variables that the libraries for buckets read by themselves, and remove those without a value."""
    for name in [name for name in environment if name.startswith(_OF_BUCKETS)]:
        if text := environment[name].strip(_BLANK):
            environment[name] = text
        else:
            del environment[name]


def unknown(environment: Mapping[str, str], prefix: str, known: Iterable[str]) -> list[str]:
    """Return the variables that begin like settings and are none: misspelt, most likely."""
    names = {name for each in known for name in (each, each + FILE)}
    return sorted(
        name
        for name, value in environment.items()
        if name.startswith(prefix) and name not in names and not is_service_link(name, value)
    )


def _clean(text: str) -> str:
    text = text.strip(_BLANK)
    quote, inside = text[:1], text[1:-1]
    return inside.strip(_BLANK) if quote in ("'", '"') and text[1:].endswith(quote) and quote not in inside else text


def _read_file(path: str, variable: str) -> str:
    try:
        text = _clean(decode(Path(path).read_bytes()))
    except OSError as error:
        raise ValueError(f"{variable}: {path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{variable}: {path} {error}") from None
    if not text:
        raise ValueError(f"{variable}: {path} is empty")
    return text
