"""Write the page of sweeps: charts of scores over parameters, and a table of all experiments."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from s2f_core.common.atomic import write_text
from s2f_core.report.sweeps.experiments import Experiment, changed_params, swept_params
from s2f_core.report.sweeps.plots import Dot, dot_plot, value_text
from s2f_core.report.theme.templates import render_page

HERE = Path(__file__).parent

Metric = tuple[str, str]  # the metrics file without its ending, and the score in it


def write_page(experiments: Sequence[Experiment], out: Path, evaluations: Path) -> None:
    """Write the page ``out``.

    ``evaluations``/NAME/evaluation.json gives the titles and directions of NAME's scores; a score
    without them is shown by its key.
    """
    names = swept_params(experiments)
    metrics = _differing_metrics(experiments)
    titles = {metric: _metric_title(metric, evaluations) for metric in metrics}
    commits = list(dict.fromkeys(experiment.baseline for experiment in experiments))
    html = render_page(
        HERE,
        ["document.css", "forms.css"],
        count=sum(bool(experiment.command) for experiment in experiments),
        params=[
            _param_charts(f"p{number}", name, experiments, titles, commits)
            for number, name in enumerate(names)
        ],
        names=names,
        metrics=[{"group": group, "title": titles[group, key]} for group, key in metrics],
        groups=list(dict.fromkeys(group for group, _ in metrics)),
        commits=commits,
        rows=[_table_row(experiment, names, metrics) for experiment in experiments],
    )
    write_text(out, html)


def _differing_metrics(experiments: Sequence[Experiment]) -> list[Metric]:
    """Return the scores that differ between experiments, in the order of the files."""
    values: dict[Metric, set[float]] = {}
    for experiment in experiments:
        for metric, value in experiment.metrics.items():
            values.setdefault(metric, set()).add(value)
    return [metric for metric, distinct in values.items() if len(distinct) > 1]


def _metric_title(metric: Metric, evaluations: Path) -> str:
    """Return a score's title with an arrow for its direction; its key if no evaluation has it."""
    group, key = metric
    try:
        file = next(evaluations.glob(f"*/{group}/evaluation.json"))
        report = json.loads(file.read_text(encoding="utf-8"))
        score = report["scores"][key]
        return f"{score['title']} {'↑' if score['higher_is_better'] else '↓'}"
    except (OSError, StopIteration, ValueError, KeyError, TypeError):
        return key


def _param_charts(
    ident: str,
    name: str,
    experiments: Sequence[Experiment],
    titles: dict[Metric, str],
    commits: list[str],
) -> dict[str, Any]:
    """Return a parameter's charts by metrics file; a constant score or parameter has no chart."""
    finished = [each for each in experiments if each.done and name in each.params]
    groups: dict[str, list[dict[str, Any]]] = {}
    for number, (metric, title) in enumerate(titles.items()):
        dots = [
            Dot(
                each.params[name],
                each.metrics[metric],
                each.name,
                commits.index(each.baseline),
                alone=not changed_params(each, experiments) - {name},
            )
            for each in finished
            if metric in each.metrics
        ]
        if len({value_text(dot.x) for dot in dots}) > 1 and len({dot.y for dot in dots}) > 1:
            svg = dot_plot(dots, title, name, f"{ident}-{number}")
            groups.setdefault(metric[0], []).append({"title": title, "svg": svg})
    return {"ident": ident, "name": name, "groups": groups}


def _table_row(experiment: Experiment, names: list[str], metrics: list[Metric]) -> dict[str, Any]:
    params = experiment.params
    return {
        "name": experiment.name,
        "state": experiment.state,
        "baseline": experiment.baseline,
        "command": experiment.command,
        "params": [value_text(params[name]) if name in params else "" for name in names],
        "metrics": [(group, experiment.metrics.get((group, key))) for group, key in metrics],
    }
