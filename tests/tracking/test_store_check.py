"""A store that cannot be used is one line within seconds, and shows no password."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow_project
import pytest
import servers
import sqlalchemy
from loopback import Site, black_hole, serve

from s2f_core.common.errors import UserError
from s2f_core.tracking import store_check
from s2f_core.tracking.client import store_uri
from s2f_core.tracking.mlflow_store import connect
from s2f_core.tracking.store_check import (
    EXPERIMENT,
    FIND_EXPERIMENT,
    quiet_mlflow,
    require_store,
)

client = mlflow_project.client

LOGIN = "me:s3cr3t@"
QUERY = f"{FIND_EXPERIMENT}?experiment_name={EXPERIMENT}"


@pytest.fixture(autouse=True, scope="module")
def _mlflow() -> Iterator[None]:
    with quiet_mlflow():
        yield


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,no-such-host.invalid")
    monkeypatch.delenv(store_check.TIMEOUT, raising=False)


def _problem(store: str, seconds: float = 5.0) -> str:
    """The message about a store; it is one line and holds no password."""
    started = time.monotonic()
    with pytest.raises(UserError) as failure:
        require_store(store, seconds)
    assert time.monotonic() - started < seconds + 2
    text = str(failure.value)
    assert "\n" not in text
    assert "s3c" not in text
    assert text.startswith("MLflow at ")
    assert text.endswith(
        ". Start it, correct MLFLOW_TRACKING_URI, or unset that variable to use mlflow.db"
    )
    return text


@pytest.mark.parametrize("scheme", ["http", "postgresql"])
def test_a_refused_connection(scheme: str) -> None:
    """Nobody listens on the port."""
    place = f"127.0.0.1:{servers.free_port()}"
    text = _problem(f"{scheme}://{LOGIN}{place}/db")
    assert text.startswith(f"MLflow at {scheme}://***@{place}/db: ")
    assert "Connection refused" in text


@pytest.mark.parametrize("scheme", ["http", "https", "postgresql"])
def test_a_server_that_never_answers(scheme: str) -> None:
    """It accepts the connection, and that is all."""
    with black_hole() as port:
        text = _problem(f"{scheme}://{LOGIN}127.0.0.1:{port}", 0.5)
    assert "no answer" in text


def test_the_environment_sets_the_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """In MLflow's own variable."""
    monkeypatch.setenv(store_check.TIMEOUT, "1")
    started = time.monotonic()
    with black_hole() as port, pytest.raises(UserError, match="no answer in time"):
        require_store(f"http://127.0.0.1:{port}", 60)
    assert time.monotonic() - started < 5
    monkeypatch.setenv(store_check.TIMEOUT, "soon")
    with pytest.raises(UserError, match="TIMEOUT=soon is not a number of seconds: use 1 or more"):
        require_store("http://host")


def test_an_unknown_host() -> None:
    """The message names the host."""
    text = _problem(f"http://{LOGIN}no-such-host.invalid")
    assert "the host no-such-host.invalid is unknown" in text


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (500, "it answers 500 Internal Server Error."),
        (503, "it answers 503 Service Unavailable."),
        (401, "it answers 401 Unauthorized: set MLFLOW_TRACKING_USERNAME and"),
        (403, "it answers 403 Forbidden: set MLFLOW_TRACKING_USERNAME and"),
        (200, "this is no MLflow server: it answers 200 OK and no JSON."),
    ],
)
def test_a_server_that_answers_otherwise(status: int, reason: str) -> None:
    """One request: it is told, not tried again."""
    with serve(Site({QUERY: b"<html>log in</html>"}, statuses=[status] * 9)) as site:
        text = _problem(site.url.replace("://", f"://{LOGIN}"))
        assert len(site.requests) == 1
    assert reason in text


@pytest.mark.parametrize("status", [200, 404, 429])
def test_a_server_that_can_be_used(status: int) -> None:
    """With the experiment or without it, or busy for now."""
    with serve(Site({QUERY: b'{"experiment": {}}'}, statuses=[status])) as site:
        if status == 404:
            site.files[QUERY] = b'{"error_code": "RESOURCE_DOES_NOT_EXIST"}'
        require_store(site.url)


def test_a_server_without_tls() -> None:
    """Its address has to start with http."""
    with serve(Site({})) as site:
        text = _problem(site.url.replace("http://", f"https://{LOGIN}"))
    assert "is it http:// instead of https://?" in text


@pytest.mark.parametrize(
    "store",
    ["http://me:s3c/r3t@host", "http://me:s3cr3t@", "postgresql://me:s3c@r3t@host/db"],
)
def test_an_address_that_cannot_be_read(store: str) -> None:
    """A password with special characters has to be escaped."""
    assert "in a user name or password write / as %2F, @ as %40" in _problem(store)


@pytest.mark.parametrize(
    ("store", "module", "reason"),
    [
        ("postgresql://", "psycopg", "its driver psycopg is not installed: pip install 's2f"),
        ("postgresql+psycopg2://", "psycopg2", "write postgresql+psycopg:// and pip install"),
        ("mysql://", "MySQLdb", "its driver is not installed: pip install mysqlclient"),
        ("mysql+pymysql://", "pymysql", "its driver is not installed: pip install pymysql"),
    ],
)  # fmt: skip
def test_a_missing_driver(
    store: str, module: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line has the command that installs it."""

    def missing(*_args: object, **_named: object) -> None:
        raise ModuleNotFoundError(f"No module named '{module}'", name=module)

    monkeypatch.setattr(sqlalchemy, "create_engine", missing)
    assert reason in _problem(f"{store}{LOGIN}host/db")


def _connect_problem(store: str) -> str:
    """The message about a store where MLflow itself finds the fault."""
    with pytest.raises(Exception, match=r".") as failure:
        connect(store)
    assert isinstance(failure.value, Exception)
    kind, text = store_check.classify_error(failure.value, store)
    assert kind == "user"
    assert "\n" not in text
    return text


def test_a_deleted_experiment(client: Any) -> None:
    """The line has the command that restores it."""
    number = client.get_experiment_by_name(EXPERIMENT).experiment_id
    client.delete_experiment(number)
    assert _connect_problem(store_uri()).endswith(
        f"the experiment s2f is deleted. Restore it: MLFLOW_TRACKING_URI={store_uri()} "
        f"mlflow experiments restore --experiment-id {number}"
    )


def test_a_database_of_another_version(client: Any, tmp_path: Path) -> None:
    """MLflow refuses it."""
    shutil.copy(tmp_path / "mlflow.db", tmp_path / "other.db")
    with sqlite3.connect(tmp_path / "other.db") as database:
        database.execute("update alembic_version set version_num = 'another'")
    text = _connect_problem(f"sqlite:///{tmp_path}/other.db")
    assert text.startswith(f"MLflow at {tmp_path}/other.db: another version of MLflow wrote this")
    assert "`mlflow db upgrade ADDRESS`" in text


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """It is not replaced."""
    (tmp_path / "mlflow.db").write_bytes(b"no database " * 100)
    text = _connect_problem(f"sqlite:///{tmp_path}/mlflow.db")
    assert "move it away, and `s2f backfill` fills a new one" in text


def test_a_read_only_database(client: Any, tmp_path: Path) -> None:
    """As SQLAlchemy says it, with the statement and its values in further lines."""
    error = sqlalchemy.exc.OperationalError(
        "INSERT", {}, sqlite3.OperationalError("attempt to write a readonly database")
    )
    text = store_check.explain(error, store_uri())
    assert text == (
        f"MLflow at {tmp_path}/mlflow.db: the database is read-only: make the file writable, or "
        "set MLFLOW_TRACKING_URI"
    )


@pytest.mark.parametrize(
    ("store", "reason"),
    [
        ("mlruns", "set MLFLOW_TRACKING_URI=sqlite:///FILE.db"),
        ("ftp://me:s3cr3t@host", "the address has to start with http://, https://, postgresql://"),
    ],
)
def test_another_kind_of_store(
    store: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of an older MLflow; an address of something else."""
    monkeypatch.chdir(tmp_path)
    text = _connect_problem(store)
    assert reason in text
    assert "s3cr3t" not in text
