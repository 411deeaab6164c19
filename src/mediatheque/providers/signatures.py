"""Signatures of webhooks, and the times in them."""

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from datetime import datetime

from mediatheque.errors import SignatureRefused

_SECONDS = re.compile(r"[0-9]{1,12}")
_PREFIX = "whsec_"


def check_time(text: str, received_at: datetime, leeway: int) -> None:
    """Raise `SignatureRefused` unless the text is Unix seconds within `leeway` seconds of the arrival."""
    if not _SECONDS.fullmatch(text):
        raise SignatureRefused("The webhook has no time.")
    if abs(received_at.timestamp() - int(text)) > leeway:
        raise SignatureRefused("The webhook was sent too long ago, or its sender's clock is wrong.")


def is_hex_hmac(presented: str, body: bytes, secret: str) -> bool:
    """Whether the text is the HMAC-SHA256 of the body in hexadecimal digits."""
    expected = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    return hmac.compare_digest(presented.lower().encode("utf-8", "replace"), expected.encode())


def is_standard(presented: str, id: str, time: str, body: bytes, secret: str) -> bool:
    """Whether one of the signatures is right by the Standard Webhooks scheme: `v1,<base64> v1,<base64>`."""
    signed = f"{id}.{time}.".encode("utf-8", "replace") + body
    expected = b64encode(hmac.digest(_standard_key(secret), signed, hashlib.sha256))
    signatures = (each.removeprefix("v1,") for each in presented.split() if each.startswith("v1,"))
    return any(hmac.compare_digest(each.encode("utf-8", "replace"), expected) for each in signatures)


def _standard_key(secret: str) -> bytes:
    try:
        return b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        return secret.encode()  # not of the scheme, so nothing will match
