"""The oracle's own parts: the language, the comparison, and that random scenarios can be read."""

import unittest

import errors
import features
import generator
import headers
import sctp
from compare import first_difference
from frames import ETHERNET_IPV4, ETHERNET_IPV6, Packet, in_frame, read, tunnelled
from oracle import deal
from pieces import put_together
from scenario import Mistake, endpoint, expand, in_each_family, parse, place
from shapes import shape
from telling import Teller


def entry(kind, *result):
    return [{"line": 1, "text": "it", "kind": kind, "result": list(result)}]


class Language(unittest.TestCase):
    def test_braces_expand_as_in_a_shell(self):
        self.assertEqual(expand("c{1..3}:{7,9}"), ["c1:7", "c1:9", "c2:7", "c2:9", "c3:7", "c3:9"])
        self.assertEqual(expand("rs{2..1}"), ["rs2", "rs1"])

    def test_names_become_addresses_of_the_slot(self):
        scenario = parse("a", "needs rr\nopen c2:1 vip1:80", 7)
        self.assertEqual(scenario.needs, ("rr",))
        self.assertEqual(scenario.names.resolve("c2:1 vip1:80 rs3"), "198.19.7.2:1 198.18.7.1:80 10.1.0.13")

    def test_names_of_ipv6(self):
        names = parse("a", "family ipv6\nopen c17:1 vip1:80", 7).names
        self.assertEqual(names.resolve("c17:1 [vip1]:80 rs3"),
                         "[2001:db8:1907:1::11]:1 [2001:db8:1807::1]:80 2001:db8:1::13")
        self.assertEqual(names.resolve("c1v4:1 rs2v4"), "198.19.7.1:1 10.1.0.12")
        self.assertEqual(names.of_server("2001:db8:1::13"), "rs3")
        self.assertEqual(names.of_server("10.1.0.13"), "rs3v4")
        self.assertEqual(endpoint("[2001:db8::1]:80"), ("2001:db8::1", 80))
        self.assertEqual(place("2001:db8::1"), ("2001:db8::1", None))

    def test_whoever_names_ipv6_needs_it(self):
        for text, needed in (("family ipv6", True), ("family ipv4", False), ("", False),
                             ("ipvsadm -a -t vip1:80 -r rs{1..3}v6 -i", True)):
            self.assertEqual("ipv6" in parse("a", text, 0).needs, needed, text)

    def test_both_families_are_two_scenarios(self):
        (_, first), (name, second) = in_each_family("a", "needs rr\nfamily both\nsleep 1")
        self.assertEqual(parse("a", first, 0).names.family, "ipv4")
        self.assertEqual(parse(name, second, 0).names.family, "ipv6")

    def test_mistakes_name_their_line(self):
        for text in ("opne c1:1 vip1:80", "open c1:1", "close c1:1 vip1:80 by client", "list all",
                     "needs wings", "sleep", "family both"):
            with self.assertRaisesRegex(Mistake, "line 2"):
                parse("a", "# first\n" + text, 0)

    def test_what_touches_the_whole_director_gets_its_own(self):
        for text in ("sysctl expire_nodest_conn 1", "ipvsadm --set 1 2 3", "ipvsadm -A -f 1",
                     "try ipvsadm -C", "ipvsadm -A -t 192.0.2.1:80", "open [2001:db8::1]:1 vip1:80",
                     "narrow rs1 1400", "dial udp vip1:80"):
            self.assertTrue(parse("a", text, 0).wants_own_director, text)
        self.assertFalse(parse("a", "ipvsadm -Z -t vip1:80", 0).wants_own_director)


class Dealing(unittest.TestCase):
    def test_no_two_of_a_hand_have_addresses_in_common(self):
        scenarios = [parse(str(number), "", number % 3) for number in range(100)]
        for hand in deal(scenarios):
            self.assertEqual(len({scenario.slot for scenario in hand}), len(hand))


class Packets(unittest.TestCase):
    def test_what_is_built_is_read_again(self):
        for source, target in (("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2")):
            for protocol in (headers.TCP, headers.UDP, headers.SCTP):
                packet = Packet(protocol, (source, 1), (target, 2), 77, payload=b"odd")
                seen = read(in_frame(bytes(6), bytes(6), packet.to_bytes()) + bytes(7))
                self.assertEqual(seen.data, packet.to_bytes())
                self.assertEqual((seen.source, seen.target), (packet.source, packet.target))
                self.assertEqual((seen.protocol, seen.identification), (protocol, 77))

    def test_sctp(self):
        self.assertEqual(sctp.crc32c(b"123456789"), 0xe3069283)
        packet = Packet(headers.SCTP, ("192.0.2.1", 1), ("192.0.2.2", 2), 77,
                        chunks=(sctp.CHUNKS["cookie-echo"], sctp.CHUNKS["abort"]))
        data = packet.to_bytes()
        self.assertEqual([data[32], data[48]], [10, 6])
        self.assertEqual(read(in_frame(bytes(6), bytes(6), packet.to_bytes())).detail, 10)
        self.assertFalse(packet.opens)

    def test_tunnels_of_each_family_in_each(self):
        ends = {"192.0.2.1": "192.0.2.2", "2001:db8::1": "2001:db8::2"}
        for inner_source, inner_target in ends.items():
            inner = Packet(headers.UDP, (inner_source, 1), (inner_target, 2), 77)
            for source, target in ends.items():
                outer = headers.Header(source, target, 0, 5, 9)
                data = tunnelled(inner, outer, source)
                kind = ETHERNET_IPV6 if headers.is_ipv6(target) else ETHERNET_IPV4
                seen = read(bytes(12) + kind + data)
                self.assertEqual((seen.tunnel.target, seen.target), (target, inner.target))
                self.assertEqual(seen.data, data)


class Telling(unittest.TestCase):
    names = parse("a", "", 7).names

    def told(self, data, **how):
        mac = bytes((2, 0, 0, 0, 1, 1))
        lines = Teller(self.names, (77,), **how).frames([in_frame(mac, bytes(6), data)], bytes.hex)
        self.assertEqual(len(lines), 1)
        return lines[0].removeprefix(mac.hex() + ": ")

    def packet(self, *words):
        ends = (self.names.client(1), 1), (self.names.virtual(1), 80)
        return shape(Packet(headers.UDP, *ends, 77), "ipv4", words)

    def test_a_packet(self):
        self.assertEqual(self.told(self.packet("size=48", "tos=0x2e").to_bytes()),
                         "c1>vip1 ttl=64 tos=2e df id=same len=48 | "
                         "udp 1>80 sum=right data=20:80b932f3")
        for word, told in (("damaged", "sum=wrong"), ("unsummed", "sum=none"), ("id=3", "id=set"),
                           ("id=0", "id=0"), ("options", "options=94040000")):
            self.assertIn(told, self.told(self.packet("size=60", word).to_bytes()), word)
        self.assertNotIn(" df ", self.told(self.packet("nodf").to_bytes()))

    def test_a_tunnel(self):
        outer = headers.Header("10.1.0.1", "10.1.0.11", headers.GRE, 0, 9)
        inner = self.packet().to_bytes()
        told = self.told(outer.before(bytes((0, 0, 8, 0)) + inner))
        self.assertTrue(told.startswith("director>rs1 ttl=9 tos=00 df id=0 len=52 | "
                                        "gre flags=0000 protocol=0800 | c1>vip1 "), told)

    def test_an_error(self):
        data = errors.error("too-big", self.packet("size=100").to_bytes(), "192.0.2.1", 5, mtu=1300,
                            quote=28)
        self.assertIn("192.0.2.1>c1", self.told(data))
        self.assertIn("icmp 3/4 sum=right mtu=1300 quote=28 | [c1>vip1", self.told(data))
        self.assertNotIn("mtu=", self.told(data, hide_mtu=True))

    def test_mistakes_in_a_shape(self):
        for text in ("send udp c1:1 vip1:80 larger", "send udp c1:1 vip1:80 width=3",
                     "error c1:1 vip1:80", "error port c1:1 vip1:80 nodf"):
            with self.assertRaises(Mistake, msg=text):
                parse("a", text, 0)


class Fragments(unittest.TestCase):
    ends = {"ipv4": (("192.0.2.1", 1), ("192.0.2.2", 2)),
            "ipv6": (("2001:db8::1", 1), ("2001:db8::2", 2))}

    def test_a_packet_is_put_together_in_any_order(self):
        for family, ends in self.ends.items():
            for words in (("pieces=3",), ("pieces=4", "backwards"), ("pieces=3", "options")):
                packet = shape(Packet(headers.UDP, *ends, 77), family, ("size=400", *words))
                fragments = packet.datagrams()
                self.assertEqual(len(fragments), packet.parts)
                self.assertEqual([data for _, data in put_together(fragments)],
                                 [packet.to_bytes()])
                self.assertEqual(len(put_together(fragments[1:])), packet.parts - 1)

    def test_what_a_tunnel_carries_is_put_together(self):
        packet = shape(Packet(headers.UDP, *self.ends["ipv4"], 77), "ipv4", ("pieces=2", "size=99"))
        outer = headers.Header("10.1.0.1", "10.1.0.11", headers.IP_IN_IP, 0, 9)
        (_, data), = put_together([outer.before(part) for part in packet.datagrams()])
        self.assertEqual(data[20:], packet.to_bytes())


class Comparison(unittest.TestCase):
    def test_fates(self):
        self.assertIsNone(first_difference(entry("fates", "rs1", "-"), entry("fates", "rs1", "-")))
        told = first_difference(entry("fates", "rs1", "rs2"), entry("fates", "rs1", "rs3"))
        self.assertIn("IPVS     rs1 [rs2]", told)


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
