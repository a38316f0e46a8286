"""Hide passwords, tokens and signatures in texts that hold addresses."""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO
from urllib.parse import unquote

HIDDEN = "***"
MIN_LENGTH = 6  # characters of a secret from the environment; a shorter one is part of many words

_QUOTES = r"\s'\"<>"
# In an address: all before the @, also where the password has an unescaped @, or a / after a colon.
_USER_INFO = re.compile(
    rf"(?<=://)(?!USER:PASSWORD@)(?:[^/?#{_QUOTES}]*|[^/?#@:{_QUOTES}]*:(?!\d+/)[^@{_QUOTES}]*)@"
)
# Of the values in a query only those of these names say where something is.
_PLACES = "id|name|path|version|experiment_name|run_id|run_uuid|model_id"
_QUERY = re.compile(rf"([?&;](?!(?:{_PLACES})=)[\w.~\[\]%-]+=)[^&;#){_QUOTES}]+")
_WHOLE_QUERY = re.compile(rf"(://[^?{_QUOTES}]+\?)[^=&){_QUOTES}]+(?=$|[){_QUOTES}])")
_SETTING = re.compile(
    rf"(\b(?:password|passwd|pwd|sslpassword|token|secret|api_?key)=)[^&;{_QUOTES}]+", re.IGNORECASE
)
_HEADER = re.compile(
    rf"(authorization['\"]?\s*[:=]\s*['\"]?(?:basic\s+|bearer\s+)?)[^,{_QUOTES}]+", re.IGNORECASE
)
_SECRET_NAME = re.compile(r"(PASSWORD|PASSWD|TOKEN|SECRET|ACCESS_KEY|API_KEY)$", re.IGNORECASE)
_PASSWORD = re.compile(r"^(?:[\w+.-]+://)?[^:/?#@\s]*:(.+)@")


def redact(text: str) -> str:
    """Return the text with ``***`` for each secret.

    Secrets are what stands before the @ of an address, the values of its query (except names and
    ids), ``password=…`` and the like, authorization headers, and passwords that stand in
    environment variables.
    """
    text = _USER_INFO.sub(f"{HIDDEN}@", text)
    for pattern in (_QUERY, _WHOLE_QUERY, _SETTING, _HEADER):
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    for secret in _environment_secrets():
        text = text.replace(secret, HIDDEN)
    return text


def _environment_secrets() -> list[str]:
    """The passwords in environment variables, the longest first."""
    secrets = set()
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name):
            secrets.add(value)
        elif match := _PASSWORD.match(value):
            secrets |= {match[1], unquote(match[1])}
    return sorted((each for each in secrets if len(each) >= MIN_LENGTH), key=len, reverse=True)


class RedactedStream:
    """A text stream that hides secrets in all that is written to it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text without its secrets; return the number of characters of the whole."""
        self._stream.write(redact(text))
        return len(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def redact_output() -> None:
    """Hide secrets in all that this process prints: also in logs, warnings and tracebacks."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, RedactedStream):
            setattr(sys, name, RedactedStream(stream))
