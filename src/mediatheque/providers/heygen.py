"""HeyGen: videos of its API versions 1 to 3, translations, and its webhooks (developers.heygen.com/docs/webhooks).

The URLs that it tells end within days, and whoever asks again is told fresh ones. A webhook names them differently than
the API does: here an output has the API's name. Webhooks of version 3 have `Heygen-Signature` and `Heygen-Timestamp`,
older ones `Signature`: the HMAC-SHA256 of the body.
"""

from typing import Any

from msgspec.structs import replace

from mediatheque.errors import Invalid, SignatureRefused
from mediatheque.library.keep.outputs import find_outputs
from mediatheque.library.keep.provider import (
    Delivery,
    Progress,
    Report,
    RequestRef,
    RequestUnknown,
)
from mediatheque.providers.service import Access, Service, explanation, members, prompt_of, read_answer, text
from mediatheque.providers.signatures import check_time, is_hex_hmac

_TRANSLATION = "video_translate"
_VIDEO_PATHS = {"v3": "v3/videos/{}", "v2": "v2/videos/{}", "v1": "v1/video_status.get?video_id={}"}
_IDS = ("video_id", "video_translate_id", "id")
_API_NAMES = {"url": "video_url", "gif_download_url": "gif_url"}
_OF_EVENTS = {"avatar_video_gif": "gif_url", "avatar_video_caption": "captioned_video_url"}
"""What the `url` of an event is, where it is not the video's."""
_PAGES = frozenset({"video_page_url", "video_share_page_url", "landing_page_url", "share_url", "callback_url"})
_DONE, _FAILED = frozenset({"completed", "success"}), frozenset({"failed", "fail", "error"})
_REASONS = ("failure_message", "error", "msg", "message", "failure_code")


class HeyGen(Service):
    """HeyGen's videos."""

    name = "heygen"
    signs_with_secret = True

    def __init__(self, access: Access, leeway: int) -> None:
        super().__init__(access)
        self._leeway = leeway

    def check(self, request: RequestRef, *, to_ask: bool) -> None:
        """See `Provider`."""
        super().check(request, to_ask=to_ask)
        if request.endpoint not in (None, _TRANSLATION, *_VIDEO_PATHS):
            choices = ", ".join((*_VIDEO_PATHS, _TRANSLATION))
            raise Invalid(f"endpoint must be one of {choices}, or left out.", param="endpoint")

    def parse_url(self, url: str) -> RequestRef | None:
        """Read the paths of videos and translations."""
        path = self.path_of(url)
        for endpoint, pattern in (("v3", "v3/videos/"), ("v2", "v2/videos/"), (_TRANSLATION, f"v2/{_TRANSLATION}/")):
            if path and path.startswith(pattern):
                return RequestRef(request_id=path.removeprefix(pattern), endpoint=endpoint)
        if path == "v1/video_status.get" and "video_id=" in url:
            return RequestRef(request_id=url.partition("video_id=")[2].partition("&")[0], endpoint="v1")
        return None

    def read(self, record: Any) -> Report:
        """Read a webhook's body, or a video as the API tells of it."""
        found = members(record)
        event = text(found.get("event_type"))
        if event is not None:
            return _read_event(event, members(found.get("event_data")))
        data = members(found.get("data")) or found
        id = next((text(data[name]) for name in _IDS if text(data.get(name))), None)
        if id is None or text(data.get("status")) is None:
            raise Invalid("This is no video of HeyGen: it has no id, or no status.", param="response")
        return _read_video(id, data["status"], data)

    async def ask(self, request: RequestRef, key: str | None) -> Report:
        """Ask the version of the API that is known, else the newest and then the oldest."""
        headers = {"x-api-key": key or ""}
        if request.endpoint == _TRANSLATION:
            answer = await self.get(f"v2/{_TRANSLATION}/{request.request_id}", headers)
            return read_answer(self.read, answer.record)
        versions = (request.endpoint,) if request.endpoint in _VIDEO_PATHS else ("v3", "v1")
        for version in versions:
            try:
                answer = await self.get(_VIDEO_PATHS[version].format(request.request_id), headers)
            except RequestUnknown:
                if version == versions[-1]:
                    raise
                continue
            return read_answer(self.read, answer.record)
        raise RequestUnknown

    async def verify(self, delivery: Delivery) -> None:
        """See `Provider`. An older webhook has no time; replayed, it is the same keep."""
        headers = delivery.headers
        signature = headers.get("heygen-signature")
        if signature is not None:
            check_time(headers.get("heygen-timestamp", ""), delivery.received_at, self._leeway)
        presented = signature if signature is not None else headers.get("signature", "")
        if not is_hex_hmac(presented, delivery.body, delivery.secret or ""):
            raise SignatureRefused


def _read_event(event: str, data: dict[str, Any]) -> Report:
    """Read what a webhook tells of a video; of other things it tells nothing to keep."""
    id = text(data.get("video_id")) or text(data.get("video_translate_id"))
    endpoint = _TRANSLATION if event.startswith(_TRANSLATION) else None
    url_name = _OF_EVENTS.get(event.partition(".")[0], "video_url")
    data = {url_name if name == "url" else _API_NAMES.get(name, name): value for name, value in data.items()}
    if id is None:
        return Report(progress=Progress.RUNNING)
    status = "failed" if event.endswith(".fail") else "completed" if text(data.get(url_name)) else "processing"
    report = _read_video(id, status, data)
    return replace(report, endpoint=endpoint) if endpoint else report


def _read_video(id: str, status: str, data: dict[str, Any]) -> Report:
    if status in _FAILED:
        reason = next((explanation(data[name]) for name in _REASONS if data.get(name)), None)
        return Report(progress=Progress.FAILED, request_id=id, reason=reason or "HeyGen says that the video failed.")
    if status not in _DONE:
        return Report(progress=Progress.RUNNING, request_id=id)
    media = {_API_NAMES.get(name, name): value for name, value in data.items()}
    videos = find_outputs({name: media.pop(name) for name in ("video_url",) if name in media}, certain=True)
    return Report(
        progress=Progress.DONE,
        request_id=id,
        outputs=videos + find_outputs(media, skip=_PAGES),
        prompt=prompt_of(data),
    )
