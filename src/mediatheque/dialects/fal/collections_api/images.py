"""References to images in fal's bodies: the URL of a stored file, or an asset."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import UnsetType

from mediatheque.errors import NotFound, UrlRefused
from mediatheque.http.context import AppRequest
from mediatheque.library.collections.images import ImageRef
from mediatheque.model import AssetRef


def cover_file_id_in(request: AppRequest, url: str | UnsetType | None) -> UUID | UnsetType | None:
    """Return the id of the stored file at the URL.

    Raises `UrlRefused` when the URL is not of this server, and `NotFound` when it is not a file's.
    """
    return _file_at(request, url, "cover_image_url") if isinstance(url, str) else url


def image_refs_in(request: AppRequest, texts: Sequence[str]) -> list[ImageRef]:
    """Parse image references. [documented] Each is a vector id, a request id or a URL.

    Raises as `cover_file_id_in` does.
    """
    return [_image_ref(request, text) for text in texts]


def _image_ref(request: AppRequest, text: str) -> ImageRef:
    if "://" in text:
        return _file_at(request, text, "reference_images")
    named = AssetRef(request_id=text)
    try:
        return (AssetRef(asset_id=UUID(text)), named)
    except ValueError:
        return (named,)


def _file_at(request: AppRequest, url: str, param: str) -> UUID:
    origins = request.context.origins
    if not origins.is_ours(request, url):
        raise UrlRefused(f"{param}: only a file of this library will do, by its URL here.", param=param)
    id = origins.file_id(request, url)
    if id is None:
        raise NotFound("No file of this library is at that URL.", param=param)
    return id
