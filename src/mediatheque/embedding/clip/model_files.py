"""The files of an exported model, wherever its exporter put them.

- Hugging Face's transformers.js and optimum: `text_model.onnx` and `vision_model.onnx`, or one `model.onnx`, in the
  folder or in `onnx/` below it; `tokenizer.json`; `preprocessor_config.json`, or `processor_config.json` of
  transformers 5.
- Immich: `textual/model.onnx` with its tokenizer, `visual/model.onnx` with `preprocess_cfg.json`, and open_clip's
  `config.json`.
- open_clip: any of those graphs beside `open_clip_config.json`.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mediatheque.embedding.errors import ModelError

_TEXT = ("text_model", "textual/model")
_IMAGE = ("vision_model", "visual/model")
_BOTH = ("model",)
_PRECISIONS = ("", "_fp16", "_quantized", "_int8", "_uint8")  # the first that exists
_GRAPH_FOLDERS = ("onnx", "")
_FOLDERS = ("", "textual", "visual", "onnx")  # of all other files
_HASHED_BYTES = 1 << 20  # of each end of a file

Json = dict[str, Any]


class ModelFiles:
    """The paths and configuration of a model. Raises ModelError when a required file is missing, or is not JSON.

    `open_clip` is open_clip's configuration of the model, and empty where transformers exported it.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise ModelError(f"There is no folder {path}.")
        self._path = path
        both = self._graph(_BOTH)
        text, image = self._graph(_TEXT) or both, self._graph(_IMAGE) or both
        self.text_model = self._required("text_model.onnx, textual/model.onnx or model.onnx", text)
        self.image_model = self._required("vision_model.onnx, visual/model.onnx or model.onnx", image)
        self.tokenizer = self._required("tokenizer.json", self._find("tokenizer.json"))
        self.tokenizing = self._settings("tokenizer_config.json")
        self.config = self._settings("config.json")
        self.open_clip = self._open_clip()

    def preprocessing(self) -> tuple[str, Json]:
        """Return the name of the file that says how pictures are prepared, and what it says."""
        said = {
            "preprocessor_config.json": self._settings("preprocessor_config.json"),
            "processor_config.json": part(self._settings("processor_config.json"), "image_processor"),
            "preprocess_cfg.json": self._settings("preprocess_cfg.json"),
            "open_clip_config.json": part(self._settings("open_clip_config.json"), "preprocess_cfg"),
        }
        for name, settings in said.items():
            if settings:
                return name, settings
        raise ModelError(f"{self._path} has no {', '.join(said)} that says how pictures are prepared.")

    def _open_clip(self) -> Json:
        if "model_type" in self.config:
            return {}
        settings = self._settings("open_clip_config.json") or self.config
        settings = part(settings, "model_cfg") or settings
        return settings if "text_cfg" in settings else {}

    def fingerprint(self) -> str:
        """Return 12 hexadecimal digits that change with the files.

        They hash the name, the size and the first and last MiB of each file: reading gigabytes at each start would take
        seconds, and another training or precision changes the ends too.
        """
        digest = hashlib.sha256()
        for file in dict.fromkeys(self._files()):
            with file.open("rb") as stream:
                size = stream.seek(0, 2)
                digest.update(f"{file.name} {size} ".encode())
                for start in (0, max(0, size - _HASHED_BYTES)):
                    stream.seek(start)
                    digest.update(stream.read(_HASHED_BYTES))
        return digest.hexdigest()[:12]

    def _files(self) -> Iterator[Path]:
        """Yield the files that a vector depends on; of a folder that is read as before, the same in the same order."""
        for graph in (self.text_model, self.image_model):
            yield graph
            yield from sorted(graph.parent.glob(f"{graph.name}?data*"))  # weights of graphs above 2 GiB
        preprocessing, _ = self.preprocessing()
        names = ["tokenizer.json", "tokenizer_config.json", preprocessing, "config.json"]
        if self.open_clip:
            names.append("open_clip_config.json")
        yield from filter(None, map(self._find, names))

    def _graph(self, names: tuple[str, ...]) -> Path | None:
        for name in names:
            for precision in _PRECISIONS:
                for folder in _GRAPH_FOLDERS:
                    if (file := self._path / folder / f"{name}{precision}.onnx").is_file():
                        return file
        return None

    def _find(self, name: str) -> Path | None:
        return next((file for folder in _FOLDERS if (file := self._path / folder / name).is_file()), None)

    def _required(self, what: str, file: Path | None) -> Path:
        if file is None:
            raise ModelError(f"{self._path} has no {what}.")
        return file

    def _settings(self, name: str) -> Json:
        return _json(file) if (file := self._find(name)) else {}


def _json(file: Path) -> Json:
    try:
        content = json.loads(file.read_bytes())
    except ValueError as error:
        raise ModelError(f"{file} is not JSON.") from error
    if not isinstance(content, dict):
        raise ModelError(f"{file} is not a JSON object.")
    return content


def part(settings: Json, name: str) -> Json:
    """Return an object inside the settings, empty when there is none."""
    part = settings.get(name)
    return part if isinstance(part, dict) else {}
