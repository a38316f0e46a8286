"""Fixtures of the tests of the demo."""

from collections.abc import Iterator

import pytest
from browser import Browser, browser


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests of a module."""
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page
