"""multipart/form-data as bytes, so that a test decides about every one of them."""

BOUNDARY = b"------------------------d74496d66958873e"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY.decode()}"


def part(headers: str, content: bytes) -> bytes:
    """One part, its headers as they stand."""
    return b"--%s\r\n%s\r\n\r\n%s\r\n" % (BOUNDARY, headers.encode(), content)


def file_part(
    data: bytes,
    *,
    name: str = "file",
    filename: str | None = "sample",
    extended: str | None = None,
    declared: str | None = "application/octet-stream",
) -> bytes:
    """A file as clients write it; `extended` is the raw value of `filename*`."""
    disposition = f'Content-Disposition: form-data; name="{name}"'
    disposition += "" if filename is None else f'; filename="{filename}"'
    disposition += "" if extended is None else f"; filename*={extended}"
    kind = "" if declared is None else f"\r\nContent-Type: {declared}"
    return part(disposition + kind, data)


def text_part(name: str, text: str | bytes) -> bytes:
    """A text field."""
    content = text if isinstance(text, bytes) else text.encode()
    return part(f'Content-Disposition: form-data; name="{name}"', content)


def form(*parts: bytes) -> bytes:
    """The parts and their end."""
    return b"".join(parts) + b"--%s--\r\n" % BOUNDARY
