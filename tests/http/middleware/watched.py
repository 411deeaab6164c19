"""An application for Granian in a process of its own that answers each request, watched."""

import os
from typing import Any

from mediatheque.http.middleware.connections import ConnectionWatch


async def answer(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while (event := (await receive())["type"]) != "lifespan.shutdown":
            await send({"type": f"{event}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


LIMIT = 30
app = ConnectionWatch(answer, port=int(os.environ.get("PORT", "0")), limit=LIMIT)
