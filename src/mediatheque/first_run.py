"""The text of the first start: the key, and one upload to paste for each dialect."""

from collections.abc import Iterator
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from mediatheque.config import Config

_PICTURE = "hello.png"


def print_first_run(config: Config, key: str) -> str:
    """Return the text for the terminal, and put a small picture into the data folder for its uploads.

    The key is shown only now, so nothing here may fail: without the picture, the uploads need another file.
    """
    picture = config.data / _PICTURE
    with suppress(OSError):
        picture.write_bytes(files("mediatheque").joinpath("first_run.png").read_bytes())
    host = f"[{config.host}]" if ":" in config.host else config.host
    base = config.public_url or f"http://{host}:{config.port}"
    uploads = "\n".join(f"# {title}\n{command}\n" for title, command in _uploads(base, key, picture))
    return f"""
Workspace `default` is ready. This is its API key, which is shown only once:

    {key}

Try an upload with any of the APIs:

{uploads}
"""


def _uploads(base: str, key: str, picture: Path) -> Iterator[tuple[str, str]]:
    from mediatheque.dialects import DIALECTS  # noqa: PLC0415 - loads the web framework, which later starts do without

    for dialect in DIALECTS:
        if example := dialect.example_upload:
            yield example.title, example.command(base=base, key=key, file=picture)
