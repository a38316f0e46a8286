"""Generate the reference page of the ``s2f`` commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from docs.generate.parameters import markdown, sentence
from stages.app import build
from stages.main import COMMANDS


def page() -> str:
    """The page, in Markdown."""
    parts = [
        "# Commands",
        (
            "`s2f COMMAND --help` prints the same. `dvc repro` runs the stages among them by "
            "`python -m stages.COMMAND`, so that an experiment runs its own copy of the code."
        ),
    ]
    for name, command in commands():
        usage = " ".join(["s2f", name, *usage_pieces(command)])
        parts += [f"## s2f {name}", f"```\n{usage}\n```", markdown(command.help or "")]
        parts += [table(command)]
    return "\n\n".join(part for part in parts if part) + "\n"


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its name, in the order of ``s2f --help``."""
    group: Any = typer.main.get_command(build(*COMMANDS))
    yield from group.commands.items()


def usage_pieces(command: Any) -> Iterator[str]:
    """The words after the command's name."""
    if any(one.param_type_name == "option" for one in command.params):
        yield "[OPTIONS]"
    for one in command.params:
        if one.param_type_name == "argument":
            word = (one.metavar or one.name or "").upper().strip("[]")
            many = f"{word}..." if one.nargs == -1 else word
            yield many if one.required else f"[{many}]"


def table(command: Any) -> str:
    """Arguments and options as a Markdown table; empty where there are none."""
    rows = [
        f"| {names(one)} | {default(one)} | {sentence(getattr(one, 'help', None) or '')} |"
        for one in command.params
    ]
    return "\n".join(["| | default | |", "|---|---|---|", *rows]) if rows else ""


def names(parameter: Any) -> str:
    """An option with its short form, or an argument in capitals."""
    if parameter.param_type_name == "argument":
        return f"`{(parameter.metavar or parameter.name or '').upper().strip('[]').rstrip('.')}`"
    return ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))


def default(parameter: Any) -> str:
    """The default value; empty where there is none or it says nothing."""
    value = parameter.default
    if parameter.required or value is None or value is False or value == () or callable(value):
        return ""
    return f"`{getattr(value, 'value', value)}`"
