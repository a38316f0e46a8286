"""Record the code that each stage runs."""

from stages.app import run

NOT_STAGES = {"__init__", "app", "main", "code"}


def code() -> None:
    """Write data/code/STAGE for every stage: a digest of the code that it imports.

    DVC runs a stage again when its digest changes.
    """
    from pathlib import Path

    from s2f_core.common.code_digest import digest

    root, out = Path(), Path("data/code")
    out.mkdir(parents=True, exist_ok=True)
    for file in sorted(Path("stages").glob("*.py")):
        if file.stem not in NOT_STAGES:
            (out / file.stem).write_text(digest(root, f"stages.{file.stem}") + "\n")


if __name__ == "__main__":
    run(code)
