"""A team's servers as real processes on loopback: sshd, PostgreSQL, MLflow."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest
import requests
from clones import BIN, clean_environment

QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
START_TIMEOUT = 90.0  # seconds until a server must answer
PASSWORD = "no-secret"  # noqa: S105 - of a database that lives for one test


@dataclass(frozen=True)
class Server:
    """A program that answers on a port of loopback; its output goes to ``log``."""

    command: list[str]
    port: int
    log: Path
    answers: Callable[[int], bool]

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the server; at the end of the block kill it and its child processes."""
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                self.command,
                env=clean_environment() | QUIET,
                stdout=output,
                stderr=output,
                cwd=self.log.parent,
            )
        try:
            deadline = time.monotonic() + START_TIMEOUT
            while not self._answered():
                message = self.log.read_text(errors="replace")[-2000:]
                assert process.poll() is None, message
                assert time.monotonic() < deadline, message
                time.sleep(0.05)
            yield process
        finally:
            kill(process)

    def _answered(self) -> bool:
        with contextlib.suppress(OSError):
            return self.answers(self.port)
        return False


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a server and its child processes at once, like a power cut."""
    if process.poll() is None:
        for running in [process, *psutil.Process(process.pid).children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                running.kill()
        process.wait()


def free_port() -> int:
    """A free port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def ssh_server(folder: Path) -> Server:
    """An SSH server that accepts the private key ``folder/key``.

    Skips the test without sshd: Debian's package is ``openssh-server``.
    """
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("no sshd: apt-get install openssh-server")
    folder.mkdir(parents=True)
    for name in ("host", "key"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(make, check=True)
    if os.geteuid() == 0:  # what Debian's init script does
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    options = {
        "ListenAddress": "127.0.0.1",
        "Port": port,
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "key.pub",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "StrictModes": "no",  # the folder of tests is not a home
        "UsePAM": "no",
        "PidFile": "none",
        "Subsystem": "sftp internal-sftp",
    }
    (folder / "sshd_config").write_text("".join(f"{k} {v}\n" for k, v in options.items()))
    command = [program, "-D", "-e", "-f", str(folder / "sshd_config")]
    return Server(command, port, folder / "log", _ssh_answers)


def _ssh_answers(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        return connection.recv(4) == b"SSH-"


@contextmanager
def postgres_database() -> Iterator[str]:
    """Yield the URI of an empty database on a new server.

    Skips the test without PostgreSQL: Debian's package is ``postgresql``.
    """
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    program = shutil.which("pg_ctl") or (str(installed[-1]) if installed else None)
    if program is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql")
    programs = Path(program).resolve().parent
    # It refuses to be root, and another user may not look into the folder of tests.
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="s2f-postgres-") as name:
        place, port = Path(name), free_port()
        (place / "password").write_text(PASSWORD)
        if user:
            for path in (place, place / "password"):
                shutil.chown(path, user)

        def run(program: str, *arguments: str) -> None:
            command = [str(programs / program), *arguments]
            environment = {**os.environ, "PGPASSWORD": PASSWORD}
            subprocess.run(command, check=True, user=user, cwd=place, env=environment)

        run("initdb", "-D", "db", "-U", "mlflow", "-A", "scram-sha-256", "--pwfile", "password",
            "--no-sync")  # fmt: skip
        options = f"-F -h 127.0.0.1 -p {port} -k {place}"
        run("pg_ctl", "-D", "db", "-w", "-l", "log", "-o", options, "start")
        try:
            run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "mlflow", "mlflow")
            yield f"postgresql://mlflow:{PASSWORD}@127.0.0.1:{port}/mlflow"
        finally:
            run("pg_ctl", "-D", "db", "-m", "immediate", "stop")


def installed_server(command: list[str], port: int, log: Path) -> Server:
    """A server that is started by a command of this environment."""
    return Server([str(BIN / command[0]), *command[1:]], port, log, _port_answers)


def _port_answers(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


def mlflow_server(command: list[str], port: int, log: Path) -> Server:
    """An MLflow server by its command; it answers once its database is ready."""
    return replace(installed_server(command, port, log), answers=_mlflow_answers)


def _mlflow_answers(port: int) -> bool:
    return requests.get(f"http://127.0.0.1:{port}/health", timeout=5).ok


def model_server(store: str, model: str, log: Path) -> Server:
    """``mlflow models serve`` of a registered model, in this environment."""
    port = free_port()
    command = [
        "env",
        f"MLFLOW_TRACKING_URI={store}",
        *(str(BIN / "mlflow"), "models", "serve", "--model-uri", model, "--env-manager", "local"),
        *("--host", "127.0.0.1", "--port", str(port)),
    ]
    return Server(command, port, log, _model_answers)


def _model_answers(port: int) -> bool:
    return requests.get(f"http://127.0.0.1:{port}/ping", timeout=5).ok
