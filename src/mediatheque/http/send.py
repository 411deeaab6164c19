"""Answers on their way out: without a body, or piece by piece for as long as somebody listens."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from mediatheque.errors import LibraryError
from mediatheque.http.asgi import Headers, Message, Receive, Send


async def send_empty(send: Send, status: int, headers: Headers) -> None:
    """An answer of headers alone."""
    await send(_start(status, headers))
    await send(_body(b"", more=False))


async def send_bytes(send: Send, status: int, headers: Headers, content: bytes) -> None:
    """An answer whose content is at hand."""
    await send(_start(status, headers))
    await send(_body(content, more=False))


async def send_path(send: Send, status: int, headers: Headers, path: str) -> None:
    """An answer whose content the server reads from a file, from its first byte to its last."""
    await send(_start(status, headers))
    await send({"type": "http.response.pathsend", "path": path})


async def send_stream(
    chunks: AsyncIterator[bytes], status: int, headers: Headers, receive: Receive, send: Send
) -> None:
    """An answer made of pieces, the next one read before the last is sent.

    The first piece is awaited before the answer starts, so that its failure can still be rendered. Sending
    after the client hung up is a silent no-op in Granian (measured): a hang-up ends the reading.
    """
    async with closing(chunks):
        piece = await anext(chunks, None)
        await send(_start(status, headers))
        if piece is None:
            await send(_body(b"", more=False))
            return
        gone: asyncio.Task[None] | None = None
        try:
            while piece is not None:
                following = await anext(chunks, None)
                if gone is None and following is not None:
                    gone = asyncio.create_task(_wait_for_disconnect(receive))
                elif gone is not None and gone.done():
                    return
                await send(_body(piece, more=following is not None))
                await asyncio.sleep(0)  # neither sending nor reading need let the watcher run
                piece = following
        finally:
            if gone is not None:
                gone.cancel()
                await asyncio.wait({gone})


@asynccontextmanager
async def closing(chunks: AsyncIterator[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
    """Closes a generator, and what it reads from, when the block ends; other iterators hold nothing."""
    try:
        yield chunks
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


async def _wait_for_disconnect(receive: Receive) -> None:
    """Returns when the client is gone."""
    try:
        while (await receive())["type"] != "http.disconnect":
            pass
    except LibraryError:  # a body that never ended: the gate says so instead of passing the disconnect on
        return


def _start(status: int, headers: Headers) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def _body(content: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}
