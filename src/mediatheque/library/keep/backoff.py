"""When a keep is attempted again."""

from datetime import datetime, timedelta

from mediatheque.model.keep import Keep

_POLL_SHARE = 4
_MIN_POLL, _MAX_POLL = timedelta(seconds=1), timedelta(minutes=2)
_MAX_RETRY_SECONDS = 300


def next_poll(keep: Keep, now: datetime) -> datetime:
    """Return when to ask again for a request that runs: the longer it has run, the later, at most two minutes."""
    return _before_the_end(keep, now, min(max((now - keep.created_at) / _POLL_SHARE, _MIN_POLL), _MAX_POLL))


def next_retry(keep: Keep, failures: int, now: datetime) -> datetime:
    """Return when to try again after so many failures in a row: after 2, 4, 8 s and so on, at most five minutes."""
    return _before_the_end(keep, now, timedelta(seconds=min(2 ** min(failures, 10), _MAX_RETRY_SECONDS)))


def _before_the_end(keep: Keep, now: datetime, pause: timedelta) -> datetime:
    """Return the time after the pause, or the end of the time for the keep, so that its last attempt is then."""
    at = now + pause
    return min(at, keep.give_up_at) if keep.give_up_at > now else at
