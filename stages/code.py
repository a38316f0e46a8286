"""Tell what code each stage runs."""

from stages.app import run

OTHERS = {"__init__", "app", "main", "code"}


def code() -> None:
    """Write a digest of all the code that a stage imports: data/code/STAGE, for every stage."""
    from pathlib import Path

    from s2f_core.common.code_digest import digest

    root, out = Path(), Path("data/code")
    out.mkdir(parents=True, exist_ok=True)
    for file in sorted(Path("stages").glob("*.py")):
        if file.stem not in OTHERS:
            (out / file.stem).write_text(digest(root, f"stages.{file.stem}") + "\n")


if __name__ == "__main__":
    run(code)
