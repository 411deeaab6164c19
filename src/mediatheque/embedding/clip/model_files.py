"""The files of an exported model, as Hugging Face's optimum and transformers.js lay them out.

`text_model.onnx` and `vision_model.onnx`, in the folder or in `onnx/` below it; `tokenizer.json`,
`preprocessor_config.json`, and optionally `tokenizer_config.json` and `config.json`.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mediatheque.embedding.embedder import ModelError

_PRECISIONS = ("", "_fp16", "_quantized", "_int8", "_uint8")  # the first that exists
_HASHED_BYTES = 1 << 20  # of each end of a file


class ModelFiles:
    """The paths and configuration of a model. Raises ModelError when a required file is missing, or is not JSON."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.text_model = self._graph("text_model")
        self.image_model = self._graph("vision_model")
        self.tokenizer = self._required("tokenizer.json")
        self.preprocessing = _json(self._required("preprocessor_config.json"))
        self.tokenizing = self._optional("tokenizer_config.json")
        self.config = self._optional("config.json")

    def fingerprint(self) -> str:
        """Return 12 hexadecimal digits that change with the files.

        They hash the name, the size and the first and last MiB of each file: reading gigabytes at each start would take
        seconds, and another training or precision changes the ends too.
        """
        digest = hashlib.sha256()
        for file in self._files():
            with file.open("rb") as stream:
                size = stream.seek(0, 2)
                digest.update(f"{file.name} {size} ".encode())
                for start in (0, max(0, size - _HASHED_BYTES)):
                    stream.seek(start)
                    digest.update(stream.read(_HASHED_BYTES))
        return digest.hexdigest()[:12]

    def _files(self) -> Iterator[Path]:
        for graph in (self.text_model, self.image_model):
            yield graph
            yield from sorted(graph.parent.glob(f"{graph.name}?data*"))  # weights of graphs above 2 GiB
        for name in ("tokenizer.json", "tokenizer_config.json", "preprocessor_config.json", "config.json"):
            if (self._path / name).is_file():
                yield self._path / name

    def _graph(self, name: str) -> Path:
        for precision in _PRECISIONS:
            for folder in (self._path / "onnx", self._path):
                if (file := folder / f"{name}{precision}.onnx").is_file():
                    return file
        raise ModelError(f"{self._path} has no {name}.onnx, nor has its folder onnx.")

    def _required(self, name: str) -> Path:
        if not (file := self._path / name).is_file():
            raise ModelError(f"{self._path} has no {name}.")
        return file

    def _optional(self, name: str) -> dict[str, Any]:
        return _json(file) if (file := self._path / name).is_file() else {}


def _json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_bytes())
    except ValueError as error:
        raise ModelError(f"{file} is not JSON.") from error
    if not isinstance(content, dict):
        raise ModelError(f"{file} is not a JSON object.")
    return content
