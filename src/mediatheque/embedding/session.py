"""An ONNX graph that is loaded when it is first run."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from mediatheque.embedding.errors import ModelError


class Session:
    """A graph that runs on the CPU, in `threads` threads that sleep when idle. Several threads may call it.

    `graph` returns the file or the bytes of the graph; it is called once, at the first run. `folder` has the weights
    that a graph in bytes keeps in other files.
    """

    def __init__(self, graph: Callable[[], Path | bytes], threads: int, folder: Path | None = None) -> None:
        self._graph = graph
        self._threads = threads
        self._folder = folder
        self._loading = threading.Lock()
        self._session: onnxruntime.InferenceSession | None = None

    def run(self, outputs: list[str] | None, inputs: dict[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        """Return the named outputs, or all in the graph's order.

        Blocks. Raises ModelError when the graph cannot be loaded, or does not take the inputs.
        """
        session = self._loaded()
        try:
            answer: list[NDArray[np.float32]] = session.run(outputs, inputs)
        except Exception as error:  # onnxruntime's have no common type
            raise ModelError(f"The model cannot be run: {_sentence(error)}") from error
        return answer

    def _loaded(self) -> onnxruntime.InferenceSession:
        with self._loading:
            if self._session is None:
                try:
                    self._session = open_session(self._graph(), self._threads, self._folder)
                except Exception as error:  # onnxruntime's have no common type
                    raise ModelError(f"The model cannot be loaded: {_sentence(error)}") from error
            return self._session


def open_session(graph: Path | bytes, threads: int, folder: Path | None = None) -> onnxruntime.InferenceSession:
    """Load and check the graph. Blocks. Raises onnxruntime's errors unchanged."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # none: errors are raised
    if folder:
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
    session = onnxruntime.InferenceSession(
        graph if isinstance(graph, bytes) else str(graph), options, providers=["CPUExecutionProvider"]
    )
    session._model_bytes = None  # a copy for other providers, as large as the model
    return session


def _sentence(error: Exception) -> str:
    """Return the message in one line."""
    return " ".join(str(error).split())
