"""No text that goes through ``redact`` holds a password, a token or a signature."""

from __future__ import annotations

import io
import sys

import pytest

from s2f_core.common.redact import redact, redact_output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no answer from http://me:s3cr3t@host:5000/x", "no answer from http://***@host:5000/x"),
        ("'https://ghp_s3cr3t@github.com/a'", "'https://***@github.com/a'"),
        ("postgresql://me:p@s3cr3t@host/db", "postgresql://***@host/db"),
        ("postgresql://me:a/s3cr3t@host/db", "postgresql://***@host/db"),
        ("https://host/f?id=7&X-Amz-Signature=s3cr3t&e=1", "https://host/f?id=7&X-Amz-Signature=***&e=***"),
        ("with url: /f?token=s3cr3t (Caused by X)", "with url: /f?token=*** (Caused by X)"),
        ("https://host/f?s3cr3t", "https://host/f?***"),
        ("host=x password=s3cr3t port=1", "host=x password=*** port=1"),
        ("{'Authorization': 'Bearer s3cr3t'}", "{'Authorization': 'Bearer ***'}"),
    ],
)  # fmt: skip
def test_a_secret_is_hidden(text: str, expected: str) -> None:
    """In addresses of all shapes, settings of a database, and headers."""
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "https://host:8080/@scope/name",
        "npm:onnxruntime-web@1.2 and pypi:name==1",
        "/api/2.0/mlflow/registered-models/get?name=faces",
        "sqlite:////home/me/mlflow.db",
        "why? a=b; c = d",
        "is it http:// instead of https://?",
    ],
)
def test_a_text_without_a_secret_stays(text: str) -> None:
    """A person has to see what is wrong."""
    assert redact(text) == text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "me:s3cr3t/x@proxy:3128"),
        ("MLFLOW_TRACKING_URI", "http://me:s3cr3t%2Fx@host"),
        ("MLFLOW_TRACKING_PASSWORD", "s3cr3t/x"),
        ("AWS_SECRET_ACCESS_KEY", "s3cr3t/x"),
    ],
)
def test_a_password_of_the_environment_is_hidden_anywhere(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is written there, and as a library decodes it."""
    monkeypatch.setenv(name, value)
    assert redact("login of me with s3cr3t/x failed") == "login of me with *** failed"


def test_all_output_is_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what libraries and the interpreter print."""
    streams = [io.StringIO(), io.StringIO()]
    for name, stream in zip(("stdout", "stderr"), streams, strict=True):
        monkeypatch.setattr(sys, name, stream)
    redact_output()
    redact_output()
    for output in (sys.stdout, sys.stderr):
        print("at http://me:s3cr3t@host", file=output)
    assert [sys.stdout.isatty(), sys.stderr.isatty()] == [False, False]
    assert [out.getvalue() for out in streams] == ["at http://***@host\n"] * 2
