"""The stages: a file and a Typer command each; ``python -m stages.NAME --help`` explains one."""
