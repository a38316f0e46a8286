"""The Jinja environment of all pages, their style sheets, and pages that are one file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

THEME = Path(__file__).parent


def environment(folder: Path) -> Environment:
    """Return an environment with the templates of ``folder`` and the shared ones of theme/."""
    return Environment(
        loader=FileSystemLoader([folder, THEME]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def styles(own: Path, shared: Sequence[str] = ()) -> Markup:
    """Return base.css, then the ``shared`` sheets of theme/ by name, then the sheet ``own``."""
    sheets = [THEME / "base.css", *(THEME / name for name in shared), own]
    texts = [sheet.read_text(encoding="utf-8") for sheet in sheets]
    return Markup("".join(texts))  # noqa: S704 -- our own files


def script_json(data: Any) -> Markup:
    """Return ``data`` as JSON that can stand in a script element: it cannot close the element."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 -- no tag can end in it


def render_page(folder: Path, shared: Sequence[str], data: Any = None, **context: Any) -> str:
    """Render ``folder``/page.html as one file, with style.css and script.js of the folder inline.

    The template extends standalone.html. ``shared`` names style sheets of theme/. The page's script
    finds ``data`` as JSON in the element with the id "data"; None leaves the element out.
    """
    script = (folder / "script.js").read_text(encoding="utf-8")
    return (
        environment(folder)
        .get_template("page.html")
        .render(
            css=styles(folder / "style.css", shared),
            script=Markup(script),  # noqa: S704 -- our own file
            data=None if data is None else script_json(data),
            **context,
        )
    )
