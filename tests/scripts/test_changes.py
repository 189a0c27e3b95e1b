"""Change points: found where they are, and how often they are found where none is."""

import pathlib
import random
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"))
from restartbench.tracking import changes


def level(generator, count, median=1e6, spread=0.01, outliers=0.05):
    """Wall times: noise of 1 %, and single runs that were disturbed."""
    return [median * (1 + generator.gauss(0, spread))
            * (generator.uniform(1.1, 2) if generator.random() < outliers else 1)
            for _ in range(count)]


def exact(generator, median, spread=0.0015):
    """Samples of a guest: equal but for a few, around a median that another guest moves by
    up to 0.3 % in all (docs/virtual-machine.md)."""
    middle = median * (1 + generator.uniform(-spread, spread))
    return tuple(int(middle + generator.choice((0, 0, 0, 0, 3, 40)))
                 for _ in range(16))


class Steps(unittest.TestCase):
    def points(self, *medians):
        return [(median,) * 16 for median in medians]

    def test_where_it_changes(self):
        found = changes.steps(self.points(1000, 1001, 1020, 1021, 990), 0.005, 0.99)
        self.assertEqual([(one.index, one.since) for one in found], [(2, 0), (4, 2)])
        self.assertAlmostEqual(found[0].ratio, 1.02)
        self.assertEqual(changes.steps(self.points(1000, 1020), 0.03, 0.99), [])
        self.assertEqual(changes.steps(self.points(1000), 0.005, 0.99), [])

    def test_many_small_ones_are_found_by_their_sum(self):
        found = changes.steps(self.points(*(1000 + 2 * step for step in range(7))), 0.005, 0.99)
        self.assertEqual([(one.index, one.since) for one in found], [(3, 0), (6, 3)])

    def test_samples_that_do_not_resolve_it_are_no_change(self):
        wide = tuple(range(900, 1132, 15))
        self.assertEqual(changes.steps([(1000,) * 16, wide], 0.005, 0.99), [])

    def test_no_false_alarm_in_500_series_of_30_runs(self):
        generator = random.Random(1)
        alarms = sum(bool(changes.steps([exact(generator, 1e6) for _ in range(30)], 0.005, 0.99))
                     for _ in range(500))
        self.assertEqual(alarms, 0)

    def test_a_step_of_twice_the_threshold_is_always_found_where_it_is(self):
        generator = random.Random(2)
        for _ in range(50):
            points = [exact(generator, 1e6) for _ in range(10)] + \
                [exact(generator, 1.01e6) for _ in range(10)]
            self.assertEqual([one.index for one in changes.steps(points, 0.005, 0.99)], [10])


class Shifts(unittest.TestCase):
    ERROR = 0.01

    def test_the_rate_of_false_alarms(self):
        # 600 series: 6 are expected. More than 14 have a probability of 0.001.
        generator = random.Random(3)
        alarms = sum(bool(changes.shifts(level(generator, generator.choice((12, 30, 60))), 0,
                                         self.ERROR)) for _ in range(600))
        self.assertLessEqual(alarms, 14)
        self.assertGreaterEqual(alarms, 1)  # else it is no test at this level

    def test_where_it_changes(self):
        generator = random.Random(4)
        found = []
        for _ in range(50):
            values = level(generator, 20) + level(generator, 20, 1.03e6)
            found.append([one.index for one in changes.shifts(values, 0.005, self.ERROR)])
        self.assertGreaterEqual(sum(map(bool, found)), 48, found)
        near = sum(len(one) == 1 and abs(one[0] - 20) <= 2 for one in found)
        self.assertGreaterEqual(near, 40, found)

    def test_there_and_back(self):
        generator = random.Random(5)
        values = level(generator, 20) + level(generator, 20, 1.1e6) + level(generator, 20)
        found = changes.shifts(values, 0.005, self.ERROR)
        self.assertEqual([one.index for one in found], [20, 40])
        self.assertAlmostEqual(found[0].ratio, 1.1, places=1)
        self.assertEqual([one.since for one in found], [0, 20])
        self.assertTrue(all(one.error <= self.ERROR for one in found))
        self.assertEqual(changes.shifts(values, 0.2, self.ERROR), [])

    def test_too_few_or_equal_values(self):
        self.assertEqual(changes.shifts([1, 1, 1, 9, 9], 0, self.ERROR), [])
        self.assertEqual(changes.shifts([7] * 40, 0, self.ERROR), [])

    def test_the_same_values_have_the_same_changes(self):
        values = level(random.Random(6), 40) + level(random.Random(7), 9, 1.02e6)
        self.assertEqual(changes.shifts(values, 0, self.ERROR),
                         changes.shifts(values, 0, self.ERROR))


if __name__ == "__main__":
    unittest.main()
