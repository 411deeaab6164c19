"""multipart/form-data built byte by byte."""

BOUNDARY = b"------------------------d74496d66958873e"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY.decode()}"


def part(headers: str, content: bytes) -> bytes:
    """Build one part with the given headers."""
    return b"--%s\r\n%s\r\n\r\n%s\r\n" % (BOUNDARY, headers.encode(), content)


def file_part(
    data: bytes,
    *,
    name: str = "file",
    filename: str | None = "sample",
    extended: str | None = None,
    declared: str | None = "application/octet-stream",
) -> bytes:
    """Build a file part; `extended` is the raw value of `filename*`."""
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
    """Join the parts and close the form."""
    return b"".join(parts) + b"--%s--\r\n" % BOUNDARY
