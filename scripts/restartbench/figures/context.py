"""What a command line asks for, as all figures see it."""

from dataclasses import dataclass, field
from typing import Callable

from . import selection


@dataclass
class Context:
    """say: told once what is left out, and why. threshold: smaller changes of the history
    are not marked."""

    say: Callable
    strategies: tuple = ()
    workloads: tuple = ()
    baseline: str | None = None
    threshold: float = 0.005
    cells: selection.Selection = field(default=None)

    def wants(self, cell):
        return (not self.strategies or cell.strategy in self.strategies) \
            and (not self.workloads or cell.workload in self.workloads)

    @staticmethod
    def unit_of(environment):
        return "instructions" if environment.clock == "instructions" else "ns"


def make_context(inputs, say, strategies=(), workloads=(), baseline=None, later_hidden=True):
    """A context for what was read.

    later_hidden: say which cells are hidden by later ones of the same name, which is what
    a history is made of.
    """
    said = set()

    def once(text):
        if text not in said:
            said.add(text)
            say(text)

    context = Context(once, tuple(strategies), tuple(workloads), baseline)
    context.cells = selection.select_cells(inputs.runs, once, context.wants, later_hidden)
    return context
