"""Why a request failed is one line that says what to do."""

from __future__ import annotations

import pytest
import requests

from s2f_core.common.network import connection_problem
from s2f_core.common.redact import redact

POOL = "HTTPSConnectionPool(host='h', port=443): Max retries exceeded with url: / (Caused by "


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            (f'{POOL}NewConnectionError("HTTPSConnection(host=\'h\', port=443): Failed to '
            'establish a new connection: [Errno 111] Connection refused"))'),
            "Connection refused",
        ),
        (
            (f'{POOL}NameResolutionError("HTTPSConnection(host=\'h\', port=443): Failed to resolve '
            "'h' ([Errno -2] Name or service not known)\"))"),
            "the host h is unknown: Name or service not known",
        ),
        (
            (f"{POOL}ProxyError('Unable to connect to proxy', OSError('Tunnel connection failed: "
            "407 Proxy Authentication Required')))"),
            ("the proxy wants a user name and a password: set HTTPS_PROXY (or HTTP_PROXY) to "
            "http://USER:PASSWORD@HOST:PORT"),
        ),
        (
            (f"{POOL}SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] "
            "certificate verify failed: self-signed certificate in certificate chain "
            "(_ssl.c:1006)')))"),
            ("the server's certificate is not trusted: self-signed certificate in certificate "
            "chain; if your network inspects TLS, set REQUESTS_CA_BUNDLE to a file with its "
            "certificate"),
        ),
        (
            f"{POOL}SSLError(SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number')))",
            "the server does not speak TLS there: is it http:// instead of https://?",
        ),
        (
            (f"{POOL}ProtocolError('Connection aborted.', ConnectionResetError(104, 'Connection "
            "reset by peer')))"),
            "the connection broke off",
        ),
        ("HTTPPool(host='h', port=80): Read timed out. (read timeout=2)", "no answer in time"),
        ("something else about http://me:s3cr3t@h", "something else about http://***@h"),
    ],
)  # fmt: skip
def test_the_reason_is_one_line(message: str, expected: str) -> None:
    """Of the texts that urllib3 nests."""
    assert connection_problem(requests.ConnectionError(message)) == expected
    assert redact(expected) == expected


@pytest.mark.parametrize("address", ["http://me:s3/cr3t@h/", "http://h:5o/"])
def test_an_address_that_cannot_be_read_shows_no_part_of_a_password(address: str) -> None:
    """The library's own message takes a part of it for a host."""
    with pytest.raises(requests.exceptions.InvalidURL) as error:
        requests.get(address, timeout=1)
    message = connection_problem(error.value)
    assert message.startswith("the address (or a proxy's) cannot be read: in a user name or")
