"""The oracle's own parts: the language, the comparison, and that random scenarios can be read."""

import unittest

import features
import generator
from compare import first_difference
from oracle import deal
from scenario import Mistake, expand, parse


def entry(kind, *result):
    return [{"line": 1, "text": "it", "kind": kind, "result": list(result)}]


class Language(unittest.TestCase):
    def test_braces_expand_as_in_a_shell(self):
        self.assertEqual(expand("c{1..3}:{7,9}"), ["c1:7", "c1:9", "c2:7", "c2:9", "c3:7", "c3:9"])
        self.assertEqual(expand("rs{2..1}"), ["rs2", "rs1"])

    def test_names_become_addresses_of_the_slot(self):
        scenario = parse("a", "needs rr\nopen c2:1 vip1:80", 7)
        self.assertEqual(scenario.needs, ("rr",))
        self.assertEqual(scenario.resolve("c2:1 vip1:80 rs3"), "198.19.7.2:1 198.18.7.1:80 10.1.0.13")

    def test_mistakes_name_their_line(self):
        for text in ("opne c1:1 vip1:80", "open c1:1", "close c1:1 vip1:80 by client", "list all",
                     "needs wings", "sleep"):
            with self.assertRaisesRegex(Mistake, "line 2"):
                parse("a", "# first\n" + text, 0)

    def test_what_touches_the_whole_director_gets_its_own(self):
        for text in ("sysctl expire_nodest_conn 1", "ipvsadm --set 1 2 3", "ipvsadm -A -f 1",
                     "try ipvsadm -C", "ipvsadm -A -t 192.0.2.1:80"):
            self.assertTrue(parse("a", text, 0).wants_own_director, text)
        self.assertFalse(parse("a", "ipvsadm -Z -t vip1:80", 0).wants_own_director)


class Dealing(unittest.TestCase):
    def test_no_two_of_a_hand_have_addresses_in_common(self):
        scenarios = [parse(str(number), "", number % 3) for number in range(100)]
        for hand in deal(scenarios):
            self.assertEqual(len({scenario.slot for scenario in hand}), len(hand))


class Comparison(unittest.TestCase):
    def test_fates(self):
        self.assertIsNone(first_difference(entry("fates", "rs1", "-"), entry("fates", "rs1", "-")))
        told = first_difference(entry("fates", "rs1", "rs2"), entry("fates", "rs1", "rs3"))
        self.assertIn("IPVS     rs1 [rs2]", told)

    def test_the_host_may_refuse(self):
        self.assertIsNone(first_difference(entry("fates", "unreachable"), entry("fates", "reset")))
        self.assertTrue(first_difference(entry("fates", "reset"), entry("fates", "unreachable")))

    def test_lists_but_for_the_size(self):
        self.assertIsNone(first_difference(entry("text", "v (size=1)"), entry("text", "v (size=2)")))
        self.assertTrue(first_difference(entry("text", "a"), entry("text", "a", "b")))
        self.assertTrue(first_difference(entry("text", "a", "b"), entry("text", "a")))

    def test_timers_within_their_tolerance(self):
        def unlike(kernel, turnout, ages=(7, 7)):
            return first_difference(entry("timer", f"{ages[0]} seconds old", *kernel),
                                    entry("timer", f"{ages[1]} seconds old", *turnout))
        self.assertIsNone(unlike(["60 TCP a"], ["57 TCP a"]))
        self.assertTrue(unlike(["60 TCP a"], ["56 TCP a"]))
        self.assertTrue(unlike(["60 TCP a"], ["60 TCP b"]))
        self.assertTrue(unlike(["60 TCP a"], []))
        self.assertIsNone(unlike(["60 TCP a"], ["56 TCP a"], ages=(3, 4)))
        self.assertTrue(unlike(["60 TCP a"], ["55 TCP a"], ages=(3, 4)))


class Random(unittest.TestCase):
    def test_a_seed_is_a_scenario_that_can_be_read(self):
        for have in (features.HAVE, features.HAVE | features.WAITED_FOR.keys()):
            for seed in range(200):
                text = generator.scenario(seed, have)
                self.assertEqual(text, generator.scenario(seed, have))
                parse(str(seed), text, 0)


if __name__ == "__main__":
    unittest.main()
