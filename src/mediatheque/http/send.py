"""Sending ASGI responses: empty, from memory, by path, or as a stream that ends when the client disconnects."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from mediatheque.errors import LibraryError
from mediatheque.http.asgi import Headers, Message, Receive, Send


async def send_empty(send: Send, status: int, headers: Headers) -> None:
    """Send a response without content."""
    await send(_start(status, headers))
    await send(_body(b"", more=False))


async def send_bytes(send: Send, status: int, headers: Headers, content: bytes) -> None:
    """Send a response whose content is in memory."""
    await send(_start(status, headers))
    await send(_body(content, more=False))


async def send_path(send: Send, status: int, headers: Headers, path: str) -> None:
    """Send a response whose content the server reads from a file (the pathsend extension)."""
    await send(_start(status, headers))
    await send({"type": "http.response.pathsend", "path": path})


async def send_stream(
    chunks: AsyncIterator[bytes], status: int, headers: Headers, receive: Receive, send: Send
) -> None:
    """Send a response in chunks; the next chunk is read before the last one is sent.

    The first chunk is read before the response starts, so that a read error can still be rendered. Granian ignores
    what is sent after the client has disconnected (measured), so the disconnect is watched for, and ends the reading.
    """
    async with closing(chunks):
        chunk = await anext(chunks, None)
        await send(_start(status, headers))
        if chunk is None:
            await send(_body(b"", more=False))
            return
        disconnected: asyncio.Task[None] | None = None
        try:
            while chunk is not None:
                following = await anext(chunks, None)
                if disconnected is None and following is not None:
                    disconnected = asyncio.create_task(_wait_for_disconnect(receive))
                elif disconnected is not None and disconnected.done():
                    return
                await send(_body(chunk, more=following is not None))
                await asyncio.sleep(0)  # sending and reading may both return without letting the watcher run
                chunk = following
        finally:
            if disconnected is not None:
                disconnected.cancel()
                await asyncio.wait({disconnected})


@asynccontextmanager
async def closing(chunks: AsyncIterator[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
    """Close a generator when the block ends; other iterators hold nothing that needs closing."""
    try:
        yield chunks
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


async def _wait_for_disconnect(receive: Receive) -> None:
    """Return when the client has disconnected."""
    try:
        while (await receive())["type"] != "http.disconnect":
            pass
    except LibraryError:  # an incomplete body: RequestBody raises instead of passing the disconnect on
        return


def _start(status: int, headers: Headers) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def _body(content: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}
