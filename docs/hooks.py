"""Hooks of MkDocs: add the generated pages and the README to the site."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ROOT_PAGES = {
    "index.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
}


def on_files(files: Any, config: Any) -> Any:
    """Add every page that is not a file under ``docs``."""
    sys.path.insert(0, str(ROOT))
    from mkdocs.structure.files import File

    from docs.generate.pages import PAGES

    texts = {path: page() for path, page in PAGES.items()}
    texts |= {path: from_root(name) for path, name in ROOT_PAGES.items()}
    for path, text in texts.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, **_kwargs: Any) -> str:
    """Make the name after a block's language, by which tests find it, a title or leave it out."""
    with_titles = re.sub(
        r"^```(\w+) (\S*[./]\S*)$", r'```\1 title="\2"', markdown, flags=re.MULTILINE
    )
    return re.sub(r"^```(\w+) [\w-]+$", r"```\1", with_titles, flags=re.MULTILINE)


def on_page_content(html: str, **_kwargs: Any) -> str:
    """Remove the roles of Sphinx before code, which docstrings have."""
    return re.sub(r":(?:attr|class|data|func|meth|mod):(<code>)[~.]?", r"\1", html)


def from_root(name: str) -> str:
    """A page of the repository's root, with its links as they are under ``docs``."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
    for path, source in ROOT_PAGES.items():
        text = text.replace(f"]({source})", f"]({path})")
    return re.sub(r"\[([^\]]+)\]\((LICENSE|params\.yaml|notebooks/[^)]+)\)", r"\1", text)
