"""A revision against itself is no regression: simulated here, measured in same_bench.py."""

import random
import unittest

from fixtures import results
from history_repository import COUNTED, counted

from restartbench.regress import verdicts
from restartbench.results import run_of

# Largest minus smallest median of guests that are built or booted differently, over the
# median, and how much single samples are off: docs/virtual-machine.md.
GUESTS = 0.003
SAMPLE = 0.0005
CELLS = 9


def measured(generator, factor=1.0, spread=GUESTS):
    """Cells as another guest would count them."""
    cells = []
    for number in range(CELLS):
        median = (0.7e6 + 0.2e6 * number) * factor \
            * (1 + generator.uniform(-spread / 2, spread / 2))
        one = counted(f"strategy{number}", int(median))
        one["samples_ns"] = [[int(median * (1 + generator.choice((0, 0, 0, 1, -1)) * SAMPLE))
                              for _ in range(16)]]
        cells.append(one)
    return run_of("x", results(cells, version=2, **COUNTED))


def verdicts_of(base, head, threshold=0.005):
    return [cell.verdict for cell in verdicts.judge([base], [head], threshold, 0.99)]


class NoChange(unittest.TestCase):
    def test_20_runs_of_base_against_itself(self):
        generator = random.Random(20)
        for _ in range(20):
            base, head = measured(generator), measured(generator)
            self.assertEqual(verdicts_of(base, head), ["unchanged"] * CELLS)

    def test_the_rate_over_more_runs(self):
        generator = random.Random(21)
        found = [verdict for _ in range(100)
                 for verdict in verdicts_of(measured(generator), measured(generator))]
        self.assertEqual(found.count("slower") + found.count("faster"), 0)
        self.assertLessEqual(found.count("unresolved"), len(found) / 100)

    def test_a_change_of_1_percent_is_always_found(self):
        generator = random.Random(22)
        for _ in range(20):
            base, head = measured(generator), measured(generator, 1.01)
            self.assertEqual(verdicts_of(base, head), ["slower"] * CELLS)

    def test_guests_that_differ_more_would_be_seen_here(self):
        generator = random.Random(23)
        found = [verdict for _ in range(20) for verdict in
                 verdicts_of(measured(generator), measured(generator, spread=0.03))]
        self.assertGreater(found.count("slower") + found.count("faster"), len(found) / 2)


if __name__ == "__main__":
    unittest.main()
