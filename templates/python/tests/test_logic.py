import unittest

from impl.src.logic import EMPTY, add


class Logic(unittest.TestCase):
    def test_the_mean_of_the_readings_so_far(self):
        summary = EMPTY
        for value in (20.5, 21.25, 19):
            summary = add(summary, value)
        self.assertEqual(summary, {"count": 3, "mean": 20.25})
