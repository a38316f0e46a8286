"""How near a training step comes to what the machine can multiply.

``python -m benchmarks.roofline [--csv FILE]``: first the fastest matrix products found here, in
float32 and in the precision that is trained in; then, for each case of ``benchmarks.train_step``,
the operations of a step as the papers' networks ask for them (a multiplication and an addition are
two), and the share of that precision's peak that a step reaches with them. A way that needs fewer
operations, such as nearest up as one convolution, may so be nearer than its products are.
"""

from __future__ import annotations

import statistics
from functools import partial

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import levers, steps
from benchmarks.steps import Build, Case, Step
from benchmarks.table import Table, arguments, rounds, spread
from s2f_core.common.device import resolve_precision
from s2f_core.training.recipe import Turn

SIDES = (1024, 2048, 4096)
DTYPES = {"32-true": torch.float32, "bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
COLUMNS = {
    "what": "",
    "computed in": "",
    "GFLOP": ",.1f",
    "ms": ".1f",
    "spread": ".0%",
    "GFLOP/s": ",.0f",
    "of the peak": ".0%",
}


def main() -> None:
    """Print a table, and write it as CSV where a file is named."""
    parser = arguments(__doc__)
    steps.options(parser)
    given = parser.parse_args()
    peaks: dict[str, float] = {}
    with Table(COLUMNS, given.csv) as table:

        def add(what: str, precision: str, flops: float, step: Step) -> None:
            """A row; without a peak so far it is one."""
            way = {what: partial(steps.seconds, step, given.clock)}
            times = rounds(way, given.rounds, warm_up=2)[what]
            rate = flops / statistics.median(times)
            share = rate / peaks[precision] if precision in peaks else None
            found[precision] = max(found.get(precision, 0), rate)
            milliseconds = 1e3 * statistics.median(times)
            table.add(what, precision, flops / 1e9, milliseconds, spread(times), rate / 1e9, share)

        found: dict[str, float] = {}
        precisions = dict.fromkeys(("32-true", resolve_precision("auto")))
        for precision in precisions:
            for side in SIDES:
                add(f"product of {side}²", precision, 2 * side**3, _product(side, precision))
        peaks = dict(found)
        for name, case in steps.chosen(given.case):
            flops = _operations(case)
            for precision in precisions:
                made, images = steps.game(case, Build(precision))
                add(name, precision, flops, partial(made.step, images, Turn()))


def _product(side: int, precision: str) -> Step:
    a, b = (torch.randn(side, side, device=steps.device()).to(DTYPES[precision]) for _ in range(2))
    return lambda: {"product": (a @ b)[0, 0]}


def _operations(case: Case) -> float:
    made, images = steps.game(case, Build("32-true"))
    with levers.plain(made), FlopCounterMode(display=False) as counter:
        made.step(images, Turn())
    return float(counter.get_total_flops())


if __name__ == "__main__":
    main()
