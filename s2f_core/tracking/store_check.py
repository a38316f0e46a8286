"""Ask an MLflow store whether it answers, before MLflow itself tries for minutes; explain errors.

The address of a store may hold a password: no message shows it.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from s2f_core.common.errors import UserError
from s2f_core.common.network import ESCAPES, connection_problem, match_problem
from s2f_core.common.redact import redact

EXPERIMENT = "s2f"
SQLITE = "sqlite:///"
CONNECT_SECONDS = 10.0  # time for a store's first answer; later requests wait longer
READ_SECONDS = 6.0  # the same where a person waits for a model
SILENT_LOGGERS = ("alembic", "mlflow.store.db.utils", "urllib3.connectionpool")  # say it as errors
DATABASES = ("postgresql", "mysql", "mssql", "oracle")
FIND_EXPERIMENT = "/api/2.0/mlflow/experiments/get-by-name"
TIMEOUT = "MLFLOW_HTTP_REQUEST_TIMEOUT"  # seconds
READ_SETTINGS = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", TIMEOUT: "10"}
PROBLEMS = {  # by a pattern of the message of MLflow, SQLAlchemy or a driver
    r"out-of-date database schema \((.*?)\)": "another version of MLflow wrote this database ({}). "
    "Was it older, make a copy and run `mlflow db upgrade ADDRESS`; was it newer, install it again",
    "readonly database": "the database is read-only: make the file writable, or set "
    "MLFLOW_TRACKING_URI",
    "unable to open database file": "the database cannot be opened: make its folder writable, or "
    "set MLFLOW_TRACKING_URI",
    r"(Permission denied|Read-only file system)(.*)": "{}{}: set MLFLOW_TRACKING_URI to a place "
    "that can be written",
    "file is not a database|database disk image is malformed": "the file is damaged, or no "
    "database: move it away, and `s2f backfill` fills a new one",
    "filesystem tracking backend": "a folder is no store for this version of MLflow: set "
    "MLFLOW_TRACKING_URI=sqlite:///FILE.db",
    "unsupported URI|unsupported tracking": "the address has to start with http://, https://, "
    "postgresql://, mysql://, mssql:// or sqlite:///",
    "No module named '(psycopg)'": "its driver {} is not installed: pip install 's2f[server]'",
    "No module named '(psycopg2)'": "its driver {} is not installed: write postgresql+psycopg:// "
    "and pip install 's2f[server]'",
    "No module named 'MySQLdb'": "its driver is not installed: pip install mysqlclient",
    "No module named '([^']+)'": "its driver is not installed: pip install {}",
    "Can't load plugin: sqlalchemy.dialects:(.*)": "SQLAlchemy knows no database or driver {}",
}


@contextmanager
def quiet_mlflow() -> Iterator[None]:
    """Import MLflow; within the block, no deprecation warnings, repeated errors or telemetry."""
    # mlflow reads both names when it is first imported. Tracking must not use the network.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = os.environ["DO_NOT_TRACK"] = "true"
    with warnings.catch_warnings():
        # MLflow itself uses deprecated features of SQLAlchemy and pydantic.
        warnings.simplefilter("ignore", DeprecationWarning)
        import mlflow  # noqa: F401

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        for name in SILENT_LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        yield


def require_store(store: str, seconds: float = CONNECT_SECONDS) -> None:
    """Raise UserError where a server or database does not answer within ``seconds``.

    ``MLFLOW_HTTP_REQUEST_TIMEOUT`` comes before ``seconds``.
    """
    if text := os.environ.get(TIMEOUT):
        if not text.isdecimal() or not int(text):
            raise UserError(f"{TIMEOUT}={text} is not a number of seconds: use 1 or more")
        seconds = float(text)
    if store.startswith(("http://", "https://")):
        _require_answer(_ask_server, store, seconds)
    elif is_database_server(store):
        _require_answer(_ask_database, store, seconds)


def is_database_server(store: str) -> bool:
    """Whether this is the address of a database that answers over the network."""
    return store.partition(":")[0].partition("+")[0] in DATABASES


def explain(error: BaseException, store: str) -> str:
    """Return one line: which store failed, why, and what to do."""
    network = next((each for each in (error, error.__context__) if _is_from_requests(each)), None)
    # The first line: the rest is SQL, its values and where to read about it.
    first = redact(str(error)).strip().partition("\n")[0].rstrip(". ") or type(error).__name__
    reason = (
        connection_problem(network) if network else match_problem(str(error), PROBLEMS) or first
    )
    return f"MLflow at {place(store)}: {reason}"


def classify_error(error: Exception, store: str) -> tuple[str, str]:
    """Return the kind of an error, ``user``, ``busy`` or ``bug``, and its message.

    A server that stopped answering counts as busy, since it may restart.
    """
    from mlflow.exceptions import MlflowException
    from requests import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    if isinstance(error, UserError):
        return "user", str(error)
    if isinstance(error, MlflowException) and (
        error.error_code == "TEMPORARILY_UNAVAILABLE"
        or isinstance(error.__context__, RequestException)
    ):
        return "busy", explain(error, store)
    if isinstance(error, MlflowException | SQLAlchemyError | OSError | ModuleNotFoundError):
        return "user", explain(error, store)
    return "bug", redact(traceback.format_exc())


def place(store: str) -> str:
    """Return the store's address for messages: a path, or an address without its secrets."""
    return redact(store.removeprefix(SQLITE))


@contextmanager
def short_waits() -> Iterator[None]:
    """Let MLflow give up soon within the block, unless the environment sets its patience.

    It shows a bar on a terminal only; elsewhere each change of the bar would be a line.
    """
    settings = {**READ_SETTINGS, "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": str(sys.stderr.isatty())}
    added = {name: value for name, value in settings.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _require_answer(ask: Callable[[str, float], None], store: str, seconds: float) -> None:
    """Ask in a thread: looking up a name, and some drivers, know no time limit."""
    errors: list[BaseException] = []

    def ask_store() -> None:
        try:
            ask(store, seconds)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=ask_store, daemon=True)
    thread.start()
    thread.join(seconds + 1)
    if thread.is_alive():
        errors.append(TimeoutError(f"no answer within {seconds:g} seconds"))
    for error in errors:
        raise UserError(
            f"{explain(error, store)}. Start it, correct MLFLOW_TRACKING_URI, "
            "or unset that variable to use mlflow.db"
        ) from None


def _ask_server(store: str, seconds: float) -> None:
    """Look for the experiment, which is a use of the server's interface and of the password."""
    from mlflow.utils.credentials import get_default_host_creds
    from mlflow.utils.rest_utils import http_request

    try:
        has_host = bool(urlsplit(store).hostname) and urlsplit(store).port != 0
    except ValueError:
        has_host = False
    if not has_host:
        raise UserError(f"the address cannot be read: {ESCAPES}")
    response = http_request(
        get_default_host_creds(store),
        FIND_EXPERIMENT,
        "GET",
        params={"experiment_name": EXPERIMENT},
        max_retries=0,
        timeout=seconds,
        raise_on_status=False,
    )
    status = f"{response.status_code} {response.reason}".strip()
    if response.status_code in {401, 403}:
        raise UserError(
            f"it answers {status}: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        )
    if response.status_code >= 500:
        raise UserError(f"it answers {status}")
    if response.status_code != 429 and not _is_json(response):
        raise UserError(f"this is no MLflow server: it answers {status} and no JSON")


def _is_json(response: Any) -> bool:
    try:
        return isinstance(json.loads(response.text), dict)
    except ValueError:
        return False


def _ask_database(store: str, _seconds: float) -> None:
    import sqlalchemy

    try:
        url = sqlalchemy.make_url(store)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise UserError(f"the address cannot be read: {ESCAPES}") from None
    if "@" in (url.host or ""):
        raise UserError(f"the address has more than one @: {ESCAPES}")
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
    engine.connect().close()


def _is_from_requests(error: BaseException | None) -> bool:
    from requests import RequestException

    return isinstance(error, RequestException)


def require_file(store: str) -> None:
    """Raise UserError where a store is a file and does not exist: reading would create it."""
    file = Path(store.removeprefix(SQLITE))
    if store.startswith(SQLITE) and not file.is_file():
        raise UserError(
            f"{file} does not exist: no run is logged yet. Train a variant, run `s2f backfill`, "
            "or set MLFLOW_TRACKING_URI"
        )
