"""The guard's judgement: what it lets pass, and what it complains about."""

import unittest

from guard import as_text, complaints, gains, merged, read

RECORDED = {("native", "nat"): 1000, ("object", "xdp"): 500, ("verified-6.18", "xdp"): 9000}


def about(kernel="6.18", **changed):
    """Complaints when everything is as recorded but for these: native=…, object=…, verified=…"""
    counted = {row: changed.get(row[0].split("-")[0], count) for row, count in RECORDED.items()}
    counted = {(what.replace("6.18", kernel), name): count
               for (what, name), count in counted.items() if count is not None}
    return list(complaints(RECORDED, counted, kernel))


class Judgement(unittest.TestCase):
    def test_what_is_as_recorded_or_a_little_more(self):
        self.assertEqual(about(), [])
        self.assertEqual(about(native=1050, object=525, verified=9450), [])

    def test_growth(self):
        self.assertEqual(about(native=1051), ["native nat: 1051, +5.1% from 1000"])
        self.assertEqual(len(about(object=530, verified=10000)), 2)

    def test_another_kernel_is_not_compared(self):
        self.assertEqual(about(kernel="6.1", verified=20000), [])
        self.assertEqual(len(about(kernel="6.1", native=2000)), 1)

    def test_rows_that_come_and_go(self):
        self.assertEqual(about(native=None), ["native nat: recorded, but not counted any more"])
        new = {**RECORDED, ("native", "gue"): 7}
        self.assertEqual(list(complaints(RECORDED, new, "6.18")),
                         ["native gue: 7, not recorded"])

    def test_gains_are_told(self):
        self.assertEqual(len(list(gains(RECORDED, {("native", "nat"): 900}))), 1)
        self.assertEqual(len(list(gains(RECORDED, {("native", "nat"): 960}))), 0)

    def test_an_update_keeps_other_kernels(self):
        counted = {("native", "nat"): 900, ("verified-6.1", "xdp"): 8000}
        self.assertEqual(merged(RECORDED, counted, "6.1"),
                         {**counted, ("verified-6.18", "xdp"): 9000})

    def test_the_file_reads_back(self):
        self.assertEqual(read(as_text(RECORDED)), RECORDED)


if __name__ == "__main__":
    unittest.main()
