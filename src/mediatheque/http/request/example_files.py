"""The library's own files that a smart collection's filters name by their URLs."""

from uuid import UUID

from mediatheque.http.context import AppRequest
from mediatheque.library.collections.filters import example_urls


def example_files(request: AppRequest, filters: object) -> dict[str, UUID]:
    """Return the file ids in those example URLs that have the path of a file, on whatever host.

    A library is reached under several names. The workspace of a file is checked when the filters are read.
    """
    ids = {url: request.context.origins.file_id_on_any_host(url) for url in example_urls(filters)}
    return {url: id for url, id in ids.items() if id}
