"""Secrets are sealed: readable with the same keys in the same context, and in no other way."""

import stat
import threading
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediatheque.library.keep.config import KeepConfig
from mediatheque.library.keep.key_file import read_or_create
from mediatheque.library.keep.vault import SecretLost, Vault

FIRST, SECOND = (b64encode(bytes([number]) * 32).decode() for number in (1, 2))


@given(st.text(), st.text())
def test_sealed_text_opens_in_its_context_alone(text: str, context: str) -> None:
    if not text.isprintable() and any("\ud800" <= each <= "\udfff" for each in text + context):
        return
    vault = Vault(KeepConfig(secret_key=FIRST))
    sealed = vault.seal(text, context)
    assert vault.open(sealed, context) == text
    assert text.encode() not in sealed or len(text) < 4
    with pytest.raises(SecretLost):
        vault.open(sealed, context + "x")
    for at in (0, 1, 8, len(sealed) - 1):
        with pytest.raises(SecretLost):
            vault.open(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], context)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x02" + bytes(40), bytes(10)])
def test_nonsense_does_not_open(sealed: bytes) -> None:
    with pytest.raises(SecretLost):
        Vault(KeepConfig(secret_key=FIRST)).open(sealed, "")


def test_keys_are_rotated(tmp_path: Path) -> None:
    old, both, new = (Vault(KeepConfig(secret_key=keys)) for keys in (FIRST, f"{SECOND}, {FIRST}", SECOND))
    sealed = old.seal("secret", "x")
    assert both.open(sealed, "x") == "secret"
    with pytest.raises(SecretLost):
        new.open(sealed, "x")
    assert new.open(both.seal("secret", "x"), "x") == "secret"


@pytest.mark.parametrize("text", ["not-a-key", FIRST[:-4], b64encode(bytes(16)).decode(), f"{FIRST},short"])
def test_impossible_keys_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="secret_key: expected 32 bytes in base64") as caught:
        KeepConfig(secret_key=text)
    assert text not in str(caught.value)


def test_keys_may_be_base64url_and_are_not_shown() -> None:
    key = urlsafe_b64encode(b"\xff" * 32).decode()
    config = KeepConfig(secret_key=key)
    assert key not in repr(config)
    assert msgspec.structs.asdict(config)["secret_key"] == key


def test_key_file_is_created_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keep.key"
    barrier = threading.Barrier(8)
    found: list[bytes] = []

    def start() -> None:
        barrier.wait()
        found.append(read_or_create(path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["keep.key"]


@pytest.mark.parametrize("content", ["", "nonsense", f"{FIRST},{SECOND}"])
def test_damaged_key_file_is_not_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keep.key"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"base64|instead of one"):
        read_or_create(path)
    assert path.read_text() == content
