"""An ONNX graph that is loaded when it is first run."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from mediatheque.embedding.embedder import ModelError


class Session:
    """A graph that runs on the CPU, in `threads` threads that sleep when idle. Several threads may call it.

    `graph` returns the file or the bytes of the graph; it is called once, at the first run.
    """

    def __init__(self, graph: Callable[[], Path | bytes], threads: int) -> None:
        self._graph = graph
        self._threads = threads
        self._loading = threading.Lock()
        self._session: onnxruntime.InferenceSession | None = None

    def run(self, outputs: list[str] | None, inputs: dict[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        """Return the named outputs, or all in the graph's order.

        Blocks. Raises ModelError when the graph cannot be loaded.
        """
        answer: list[NDArray[np.float32]] = self._loaded().run(outputs, inputs)
        return answer

    def _loaded(self) -> onnxruntime.InferenceSession:
        with self._loading:
            if self._session is None:
                try:
                    self._session = open_session(self._graph(), self._threads)
                except Exception as error:  # onnxruntime's have no common type
                    raise ModelError(f"The model cannot be loaded: {error}") from error
            return self._session


def open_session(graph: Path | bytes, threads: int) -> onnxruntime.InferenceSession:
    """Load and check the graph. Blocks. Raises onnxruntime's errors unchanged."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors; they are raised as well
    return onnxruntime.InferenceSession(
        graph if isinstance(graph, bytes) else str(graph), options, providers=["CPUExecutionProvider"]
    )
