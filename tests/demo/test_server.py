"""The demo's server as a process starts it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import tiny_demo

from s2f_core.common.errors import UserError
from s2f_core.demo import serve

root = tiny_demo.root


def test_port_in_use_is_an_error(root: Path) -> None:
    """Before anything is served."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=rf"cannot listen on 127\.0\.0\.1:{port}"):
            serve(["lines"], root, port=port)
