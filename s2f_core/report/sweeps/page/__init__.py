"""The page of sweeps: a dot for each experiment, and all of them in a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from s2f_core.report.sweeps.experiments import Experiment, changed, swept
from s2f_core.report.sweeps.plots import Dot, dots, shown
from s2f_core.report.theme import styles

HERE = Path(__file__).parent

Metric = tuple[str, str]  # the metrics file without its ending, and the score in it


def write(experiments: Sequence[Experiment], out: Path, evaluations: Path) -> None:
    """Write the page ``out``.

    ``evaluations`` is the folder whose NAME/evaluation.json tell what the scores of NAME are
    called and which way is better; a score that none tells of keeps its key.
    """
    names = swept(experiments)
    metrics = _metrics(experiments)
    titles = {metric: _title(metric, evaluations) for metric in metrics}
    commits = list(dict.fromkeys(one.baseline for one in experiments))
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    html = environment.get_template("page.html").render(
        count=sum(bool(one.command) for one in experiments),
        params=[
            _param(f"p{number}", name, experiments, titles, commits)
            for number, name in enumerate(names)
        ],
        names=names,
        metrics=[{"group": group, "title": titles[group, key]} for group, key in metrics],
        groups=list(dict.fromkeys(group for group, _ in metrics)),
        commits=commits,
        rows=[_row(one, names, metrics) for one in experiments],
        css=styles(HERE / "style.css"),
        script=Markup((HERE / "script.js").read_text(encoding="utf-8")),  # noqa: S704 -- likewise
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_suffix(".unfinished")
    unfinished.write_text(html, encoding="utf-8")
    unfinished.replace(out)


def _metrics(experiments: Sequence[Experiment]) -> list[Metric]:
    """The scores that differ, in the order of the files."""
    values: dict[Metric, set[float]] = {}
    for one in experiments:
        for metric, value in one.metrics.items():
            values.setdefault(metric, set()).add(value)
    return [metric for metric, found in values.items() if len(found) > 1]


def _title(metric: Metric, evaluations: Path) -> str:
    """What a score is called and which way is better, as far as its evaluation tells."""
    group, key = metric
    try:
        told = json.loads((evaluations / group / "evaluation.json").read_text(encoding="utf-8"))
        score = told["scores"][key]
        return f"{score['title']} {'↑' if score['higher_is_better'] else '↓'}"
    except (OSError, ValueError, KeyError, TypeError):
        return key


def _param(
    ident: str,
    name: str,
    experiments: Sequence[Experiment],
    titles: dict[Metric, str],
    commits: list[str],
) -> dict[str, Any]:
    """A parameter's charts, by metrics file; a score that is the same everywhere has none."""
    done = [one for one in experiments if one.done and name in one.params]
    groups: dict[str, list[dict[str, Any]]] = {}
    for number, (metric, title) in enumerate(titles.items()):
        points = [
            Dot(
                one.params[name],
                one.metrics[metric],
                one.name,
                commits.index(one.baseline),
                alone=not changed(one, experiments) - {name},
            )
            for one in done
            if metric in one.metrics
        ]
        if len({shown(point.x) for point in points}) > 1 and len({point.y for point in points}) > 1:
            drawn = dots(points, title, name, f"{ident}-{number}")
            groups.setdefault(metric[0], []).append({"title": title, "svg": drawn})
    return {"ident": ident, "name": name, "groups": groups}


def _row(one: Experiment, names: list[str], metrics: list[Metric]) -> dict[str, Any]:
    return {
        "name": one.name,
        "state": one.state,
        "baseline": one.baseline,
        "command": one.command,
        "params": [shown(one.params[name]) if name in one.params else "" for name in names],
        "metrics": [(group, one.metrics.get((group, key))) for group, key in metrics],
    }
