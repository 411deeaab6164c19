from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import pytest

from mediatheque.errors import DeclaredTypeMismatch, LibraryError, TooLarge, Unreadable
from mediatheque.library.uploads import refusals
from mediatheque.model import Upload

UPLOAD = Upload(
    id=uuid4(),
    workspace_id=uuid4(),
    key_id=uuid4(),
    file_id=uuid4(),
    name="a.png",
    declared_type="image/png",
    expires_at=datetime.now(UTC),
)


@pytest.mark.parametrize(
    "error", [DeclaredTypeMismatch("image/png", "image/jpeg"), TooLarge(5), Unreadable("Damaged.")]
)
def test_stored_refusal_is_raised_with_the_same_message(error: LibraryError) -> None:
    raised = refusals.to_error(msgspec.structs.replace(UPLOAD, failure=refusals.to_text(error)))
    assert raised is not None
    assert raised.message == error.message
    assert isinstance(raised, DeclaredTypeMismatch) == isinstance(error, DeclaredTypeMismatch)


def test_upload_without_failure_has_no_refusal() -> None:
    assert refusals.to_error(UPLOAD) is None
