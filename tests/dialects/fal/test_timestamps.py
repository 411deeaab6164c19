from datetime import UTC, datetime, timedelta, timezone

import pytest

from mediatheque.dialects.fal.timestamps import timestamp


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 5, 23, 20, tzinfo=UTC), "2026-05-23T20:00:00.000Z"),
        (datetime(2026, 5, 23, 20, 0, 0, 999_999, tzinfo=UTC), "2026-05-23T20:00:00.999Z"),
        (datetime(2026, 5, 23, 22, 0, 0, 7_000, tzinfo=timezone(timedelta(hours=2))), "2026-05-23T20:00:00.007Z"),
    ],
)
def test_times_have_three_digits_and_z(moment: datetime, text: str) -> None:
    assert timestamp(moment) == text
