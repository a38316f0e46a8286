"""A headless Chromium over its debugging pipe: real keys, real layout, all its requests."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pytest

PIPE = "--remote-debugging-pipe"
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    PIPE,
)
KEYS = {"Home": 36, "End": 35, "ArrowRight": 39, "ArrowLeft": 37, "Enter": 13, "Tab": 9, " ": 32}
KEYS |= {letter: ord(letter.upper()) for letter in "nyz"}
TEXTS = {"Enter": "\r", " ": " "}
FRAME = "new Promise((go) => requestAnimationFrame(go))"
TIMEOUT = 30.0  # seconds for one answer
DUMP_TIMEOUT = 100.0  # seconds for --dump-dom


@dataclass
class Browser:
    """One page; ``errors`` has those of console and scripts, ``requests`` all addresses."""

    into: BinaryIO
    out: BinaryIO
    session: str = ""
    count: int = 0
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    loaded: bool = False
    unread: bytes = b""

    def send(self, method: str, **params: Any) -> Any:
        """Send a command and wait for its result."""
        self.count += 1
        message: dict[str, Any] = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.into.write(json.dumps(message).encode() + b"\0")
        self.into.flush()
        while True:
            answer = self._read()
            if answer.get("id") == self.count:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self.unread:
            data = os.read(self.out.fileno(), 1 << 20)
            assert data, "chromium ended"
            self.unread += data
        text, self.unread = self.unread.split(b"\0", 1)
        message: dict[str, Any] = json.loads(text)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, event: str, params: dict[str, Any]) -> None:
        if event == "Runtime.exceptionThrown":
            self.errors.append(str(params["exceptionDetails"]))
        elif event == "Runtime.consoleAPICalled" and params["type"] in {"error", "warning"}:
            self.errors.append(str(params["args"]))
        elif event == "Log.entryAdded" and params["entry"]["level"] in {"error", "warning"}:
            self.errors.append(str(params["entry"]))
        elif event == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif event == "Page.loadEventFired":
            self.loaded = True

    def open(self, page: Path, fragment: str = "") -> None:
        """Go to a file and wait until it has loaded."""
        self.loaded = False
        self.send("Page.navigate", url="about:blank")
        self.wait()
        self.loaded = False
        self.send("Page.navigate", url=page.as_uri() + fragment)
        self.wait()

    def visit(self, address: str) -> None:
        """Go to an address of a server on this machine and wait until it has loaded."""
        self.loaded = False
        self.send("Page.navigate", url=address)
        self.wait()

    def wait(self) -> None:
        """Wait until the page has loaded."""
        until = time.monotonic() + TIMEOUT
        while not self.loaded:
            assert time.monotonic() < until, "the page does not load"
            self._read()

    def run(self, script: str) -> Any:
        """Return the value of an expression in the page."""
        reply = self.send("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in reply, reply
        return reply["result"].get("value")

    def press(self, *keys: str) -> None:
        """Press keys, as a person would."""
        for key in keys:
            code = {"key": key, "windowsVirtualKeyCode": KEYS[key]}
            text = {"text": TEXTS[key]} if key in TEXTS else {}
            self.send("Input.dispatchKeyEvent", type="keyDown", **code, **text)
            self.send("Input.dispatchKeyEvent", type="keyUp", **code)

    def chord(self, key: str) -> None:
        """Press a key together with Control."""
        code = {"key": key, "windowsVirtualKeyCode": KEYS[key], "modifiers": 2}
        self.send("Input.dispatchKeyEvent", type="rawKeyDown", **code)
        self.send("Input.dispatchKeyEvent", type="keyUp", **code)

    def until(self, script: str) -> Any:
        """Wait until an expression in the page is truthy and return its value."""
        until = time.monotonic() + TIMEOUT
        while not (value := self.run(script)):
            assert time.monotonic() < until, f"never true: {script}"
            self.send("Runtime.evaluate", expression=FRAME, awaitPromise=True)
        return value

    def stroke(self, points: Sequence[tuple[float, float]], pen: str = "mouse") -> None:
        """Draw through points of the window with the mouse, or with a pen that presses fully."""
        force = {"pointerType": pen, **({"force": 1.0} if pen == "pen" else {})}
        held = {"button": "left", "clickCount": 1, **force}
        kinds = ["mousePressed", *["mouseMoved"] * (len(points) - 2), "mouseReleased"]
        for kind, (x, y) in zip(kinds, points, strict=True):
            buttons = 0 if kind == "mouseReleased" else 1
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, buttons=buttons, **held)

    def touch(self, points: Sequence[tuple[float, float]]) -> None:
        """Draw through points of the window with a finger, on a device that has no mouse."""
        self.send("Emulation.setTouchEmulationEnabled", enabled=True)
        kinds = ["touchStart", *["touchMove"] * (len(points) - 1)]
        for kind, (x, y) in zip(kinds, points, strict=True):
            self.send("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y}])
        self.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        self.send("Emulation.setTouchEmulationEnabled", enabled=False)

    def shot(self, file: Path) -> None:
        """Write a screenshot of the window as a PNG."""
        file.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))

    def look(self, width: int, height: int = 800, scheme: str = "light") -> None:
        """Set the window's size and its colour scheme, light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.send("Emulation.setDeviceMetricsOverride", **size)
        colours = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", features=colours)


def run_on_page(page: str, script: str, folder: Path, milliseconds: int = 3000) -> Any:
    """Run a script at the end of a page and return the JSON that it leaves as the title.

    The page's clock advances by ``milliseconds`` at once. ``folder`` holds page and profile. Skips
    the test without Chromium.
    """
    file = folder / "page.html"
    file.write_text(page.replace("</body>", f"<script>{script}</script></body>"))
    own = [f"--virtual-time-budget={milliseconds}", f"--user-data-dir={folder}/browser"]
    options = [option for option in OPTIONS if option != PIPE]
    result = subprocess.run(
        [_program(), *options, *own, "--dump-dom", file.as_uri()],
        capture_output=True,
        check=True,
        text=True,
        timeout=DUMP_TIMEOUT,
    )
    title = re.findall(r"<title>(.*?)</title>", result.stdout, re.DOTALL)[0]
    return json.loads(html.unescape(title))


def _program() -> str:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no chromium here")
    return program


@contextmanager
def browser(home: Path) -> Iterator[Browser]:
    """Start Chromium with a profile in ``home``; skips the test without Chromium."""
    program, shell = _program(), "/bin/bash"
    commands_in, commands_out = os.pipe()
    replies_in, replies_out = os.pipe()
    # Chromium reads commands from descriptor 3 and writes replies to 4.
    command = f'exec "$@" 3<&{commands_in} 4>&{replies_out}'
    arguments = [shell, "-c", command, "chromium", program, *OPTIONS, f"--user-data-dir={home}"]
    pipes, quiet = (commands_in, replies_out), subprocess.DEVNULL
    process = subprocess.Popen(arguments, pass_fds=pipes, stdout=quiet, stderr=quiet)
    os.close(commands_in)
    os.close(replies_out)
    try:
        with os.fdopen(commands_out, "wb") as into, os.fdopen(replies_in, "rb") as out:
            page = Browser(into, out)
            target = page.send("Target.createTarget", url="about:blank")["targetId"]
            session = page.send("Target.attachToTarget", targetId=target, flatten=True)
            page.session = session["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                page.send(f"{domain}.enable")
            yield page
    finally:  # a closed pipe ends it
        try:
            process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
