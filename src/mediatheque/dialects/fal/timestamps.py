"""Times in fal's JSON."""

from datetime import UTC, datetime


def timestamp(moment: datetime) -> str:
    """Return the time in UTC as fal writes it: `2026-05-23T20:00:00.000Z`. [documented] Always three digits."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
