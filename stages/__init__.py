"""One file, one Typer command a stage; ``python -m stages.<name> --help`` explains each."""
