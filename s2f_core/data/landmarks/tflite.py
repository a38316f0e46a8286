"""TensorFlow Lite networks, run by ai-edge-litert."""

from __future__ import annotations

import threading
import zipfile
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats


class TfliteNetwork:
    """The network in a file, or in a ``member`` of a zip file; the first call reads it.

    Several threads may call it, since each has its own interpreter. It is pickled as the name of
    the file.
    """

    def __init__(self, path: Path, member: str | None = None) -> None:
        self.path, self.member = path, member
        self._threads = threading.local()
        self._reading = threading.Lock()

    def __reduce__(self) -> tuple[type[TfliteNetwork], tuple[Path, str | None]]:
        return TfliteNetwork, (self.path, self.member)

    def __call__(self, image: npt.NDArray[Any]) -> list[Floats]:
        """All outputs for its one input, in the network's order and shapes.

        ``image`` has the input's shape, with or without the batch axis. Raises UserError if the
        file is missing or damaged.
        """
        interpreter = self._interpreter()
        (details,) = interpreter.get_input_details()
        values = np.ascontiguousarray(image, dtype=np.float32).reshape(details["shape"])
        interpreter.set_tensor(details["index"], values)
        interpreter.invoke()
        return [interpreter.get_tensor(out["index"]) for out in interpreter.get_output_details()]

    def _interpreter(self) -> Any:
        if not hasattr(self._threads, "interpreter"):
            from ai_edge_litert.interpreter import Interpreter

            with self._reading:
                data = self._data
            try:
                interpreter = Interpreter(model_content=data, num_threads=1)
                interpreter.allocate_tensors()
            except (ValueError, RuntimeError) as error:
                raise UserError(f"{self._name} is no network: {error}; fetch it again") from None
            self._threads.interpreter = interpreter
        return self._threads.interpreter

    @cached_property
    def _data(self) -> bytes:
        try:
            if self.member is None:
                return self.path.read_bytes()
            with zipfile.ZipFile(self.path) as archive:
                return archive.read(self.member)
        except FileNotFoundError:
            asset = self.path.parent.name
            raise UserError(f"{self.path} does not exist: run 's2f fetch {asset}'") from None
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise UserError(f"{self._name} cannot be read: {error}; fetch it again") from None

    @property
    def _name(self) -> str:
        return f"{self.path}/{self.member}" if self.member else str(self.path)
