#!/usr/bin/python3
"""libturnout-ipvs.so in a program that does what programs do with sockets and files, with a stand-in
for the director, so that it can go away whenever it suits.

    preload_test.py [TEST…]
"""

import ctypes
import os
import subprocess
import sys
import threading
import unittest
from pathlib import Path
from queue import Queue

from stand_in import SOCKOPT, TEXT, StandIn, data, done, error, header, message, obliging

HERE = Path(__file__).resolve().parent
PRELOAD = os.environ.get("TURNOUT_PRELOAD",
                         str(HERE.parents[1] / "build/release/lib/libturnout-ipvs.so"))
CLONE_NEWNET = 0x40000000
NOBODY = 65534


def enter_namespace():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot make a network namespace")


def play(snippet, user=0):
    """Runs the snippet as a program of its own under the library; what it printed, as lines."""
    lines = ["import sys", f"sys.path.insert(0, {str(HERE)!r})", "from client import *"]
    if user:
        lines.append(f"os.setuid({user})")
    lines += [line.strip(" ") if not line.startswith("        ") else line[8:]
              for line in snippet.splitlines()]
    ended = subprocess.run([sys.executable, "-B", "-c", "\n".join(lines)], text=True, check=False,
                           capture_output=True, timeout=30,
                           env=os.environ | {"LD_PRELOAD": PRELOAD})
    if ended.returncode != 0:
        raise AssertionError(ended.stderr)
    return ended.stdout.splitlines()


def after(count, answer):
    """Obliging for so many requests, then as told."""
    seen = []

    def respond(request):
        seen.append(request)
        return obliging(request) if len(seen) <= count else answer(request)
    return respond


def vanish(_):
    return [None]


class Sockets(unittest.TestCase):
    def test_the_family_is_asked_of_the_director_and_the_socket_stays_a_netlink_socket(self):
        with StandIn() as director:
            self.assertEqual(play("""
        opened = netlink()
        own = opened.getsockname()
        opened.send(get_family())
        data, _, _, address = opened.recvmsg(65536)
        print(told(data), address, opened.getsockname() == own, opened.getpeername())
        print(told(opened.recvfrom(65536)[0]), has_peer(opened))
        opened.setsockopt(270, 11, 1)
        opened.sendto(request(), (0, 0))
        print(receive(opened, 2))
        opened.sendmsg([request(9)[:10], request(9)[10:]])
        print(receive(opened, 2))
        """), ["(34, 7) (0, 0) True (0, 0)", "(2, 7, 0) True", "[(34, 8), (2, 8, 0)]",
               "[(34, 9), (2, 9, 0)]"])
            self.assertEqual([header(request)[3] for request in director.requests], [7, 8, 9])

    def test_a_director_that_goes_is_an_error_message_and_one_that_comes_is_found(self):
        with StandIn(after(1, vanish)) as director:
            self.assertEqual(play("""
        opened = ipvs()
        opened.send(request())
        print(select.select([opened], [], [], 5)[0] == [opened], receive(opened))
        """), ["True [(2, 8, 11)]"])
        with StandIn(after(1, lambda request: [None] if header(request)[3] == 8
                           else obliging(request))):
            self.assertEqual(play("""
        opened = ipvs()
        opened.send(request())
        print(receive(opened))
        opened.send(request(9))
        print(receive(opened, 2))
        """), ["[(2, 8, 11)]", "[(34, 9), (2, 9, 0)]"])

    def test_one_that_goes_in_the_middle_of_its_answer(self):
        with StandIn(after(1, lambda request: [data(request, b"\1\1\0\0"), None])):
            self.assertEqual(play("""
        opened = ipvs()
        opened.send(request())
        print(receive(opened, 2))
        """), ["[(34, 8), (2, 8, 11)]"])

    def test_one_that_has_gone_before_the_question(self):
        with StandIn() as director:
            director.answer = after(1, vanish)

            def go(request):
                director.path.unlink()
                return [*obliging(request), None]
            director.answer = go
            self.assertEqual(play("""
        opened = ipvs()
        print(opened.send(request()), receive(opened))
        opened.setblocking(False)
        try: opened.recv(100)
        except BlockingIOError: print("nothing more")
        print(opened.send(request(9)), receive(opened))
        """), ["20 [(2, 8, 11)]", "nothing more", "20 [(2, 9, 11)]"])

    def test_an_error_of_ours_is_looked_at_before_it_is_taken_as_libnl_does(self):
        with StandIn(after(1, vanish)):
            self.assertEqual(play("""
        opened = ipvs()
        opened.send(request())
        size = opened.recv_into(bytearray(4), 4, socket.MSG_PEEK | socket.MSG_TRUNC)
        print(size, receive(opened))
        """), ["36 [(2, 8, 11)]"])

    def test_a_refusal_before_the_question_was_read_answers_it(self):
        with StandIn(after(1, lambda request: [message(2, 0, 0, 0, b"\xf0\xff\xff\xff" + bytes(16)),
                                               None])):
            self.assertEqual(play("""
        opened = ipvs()
        opened.send(request())
        print(receive(opened))
        """), ["[(2, 8, 16)]"])

    def test_without_a_question_there_is_nothing_to_read(self):
        with StandIn(lambda request: [*obliging(request), None]):
            self.assertEqual(play("""
        opened = ipvs(socket.SOCK_NONBLOCK)
        for _ in range(3):
            try: opened.recv(100)
            except BlockingIOError: print("nothing")
        """), ["nothing"] * 3)

    def test_flags_of_the_descriptor_stay(self):
        with StandIn():
            self.assertEqual(play("""
        import fcntl
        for blocking, inheritable in ((True, True), (True, False), (False, True), (False, False)):
            opened = netlink()
            opened.setblocking(blocking)
            opened.set_inheritable(inheritable)
            opened.send(get_family())
            select.select([opened], [], [], 5)
            print(os.get_blocking(opened.fileno()) == blocking,
                  os.get_inheritable(opened.fileno()) == inheritable, has_peer(opened))
        """), ["True True True"] * 4)

    def test_duplicates_and_children_share_the_conversation(self):
        with StandIn(after(3, vanish)):
            self.assertEqual(play("""
        opened = ipvs()
        copy = socket.socket(fileno=os.dup(opened.fileno()))
        opened.send(request())
        print(receive(copy, 2), flush=True)
        if os.fork() == 0:
            copy.send(request(9))
            print(receive(opened, 2), flush=True)
            os._exit(0)
        os.wait()
        opened.close()
        copy.send(request(10))
        print(receive(copy))
        """), ["[(34, 8), (2, 8, 0)]", "[(34, 9), (2, 9, 0)]", "[(2, 10, 11)]"])

    def test_a_number_that_is_used_again_is_another_socket(self):
        with StandIn() as director:
            self.assertEqual(play("""
        number = ipvs().detach()
        os.closerange(number, number + 1)
        other = netlink()
        print(other.fileno() == number, has_peer(other))
        other.send(get_family(b"nlctrl"))
        print(receive(other)[0][1:], has_peer(other))
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        here.send(get_family())
        print(there.recv(1000) == get_family(), here.getpeername() == "")
        there.close()
        print(here.recv(1000))
        """), ["True False", "(7,) False", "True True", "b''"])
            self.assertEqual(len(director.requests), 1)

    def test_many_sockets_one_after_the_other_and_at_once(self):
        with StandIn():
            self.assertEqual(play("""
        for number in range(600):
            ipvs().close()
        opened = [ipvs() for _ in range(60)]
        for each in opened: each.send(request())
        print(all(receive(each, 2) == [(34, 8), (2, 8, 0)] for each in opened))
        """), ["True"])

    def test_the_director_is_that_of_the_sockets_namespace(self):
        places, served = Queue(), threading.Event()

        def elsewhere():
            enter_namespace()
            with StandIn() as director:
                places.put((threading.get_native_id(), director))
                served.wait(30)
        thread = threading.Thread(target=elsewhere)
        thread.start()
        number, other = places.get()
        with StandIn() as here:
            self.assertEqual(play(f"""
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        LIBC.setns(os.open("/proc/{os.getpid()}/task/{number}/ns/net", os.O_RDONLY), 0)
        opened = netlink()
        LIBC.setns(home, 0)
        opened.send(get_family())
        print(receive(opened, 2))
        ipvs()
        """), ["[(34, 7), (2, 7, 0)]"])
            self.assertEqual((len(here.requests), len(other.requests)), (1, 1))
        served.set()
        thread.join()

    def test_without_a_director_the_kernel_answers(self):
        no_such_family = ["[(2, 7, 2)] False"]
        snippet = """
        opened = netlink()
        opened.send(get_family())
        print(receive(opened), has_peer(opened))
        """
        self.assertEqual(play(snippet), no_such_family)
        with StandIn():
            self.assertEqual(play(snippet, user=NOBODY), no_such_family)


class Options(unittest.TestCase):
    def test_calls_are_carried_whole(self):
        entries = bytes(range(256)) * 1600

        def answer(request):
            parts = [entries[at:at + 16000] for at in range(0, len(entries), 16000)]
            return [*(data(request, part, SOCKOPT) for part in parts), done(request)]
        with StandIn(answer) as director:
            self.assertEqual(play("""
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        buffer = ctypes.create_string_buffer(b"the key", 409600)
        length = ctypes.c_uint(409600)
        print(LIBC.getsockopt(udp.fileno(), 0, 1156, buffer, ctypes.byref(length)), length.value)
        print(buffer.raw == bytes(range(256)) * 1600)
        """), ["0 409600", "True"])
        (request,) = director.requests
        self.assertEqual(header(request)[:3], (16 + 8 + 64, SOCKOPT, 5))
        self.assertEqual(request[16:31], bytes((0x84, 4, 1, 0, 0, 0x40, 6, 0)) + b"the key")

    def test_errors_are_the_directors(self):
        with StandIn(lambda request: [error(request, 17)]) as director:
            self.assertEqual(play("""
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try: udp.setsockopt(0, 1154, b"argument")
        except FileExistsError: print("exists")
        """), ["exists"])
        self.assertEqual(director.requests[0][16:], b"\x82\4\0\0\x08\0\0\0argument")
        with StandIn(vanish):
            self.assertEqual(play("""
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try: udp.getsockopt(0, 1153, 12)
        except BlockingIOError: print("try again")
        """), ["try again"])

    def test_all_other_options_are_the_kernels(self):
        snippet = """
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for option in (1151, 1168, 1153):
            try: udp.getsockopt(0, option, 12)
            except OSError as refused: print(refused.errno == errno.ENOPROTOOPT)
        print(udp.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE))
        """
        self.assertEqual(play(snippet), ["True", "True", "True", "2"])


class Files(unittest.TestCase):
    @staticmethod
    def tell(request):
        name = request[16:].rstrip(b"\0")
        if name == b"ip_vs_stats":
            return [error(request, 2)]
        return [data(request, name + b" line\n" * 2000, TEXT), data(request, b"end\n", TEXT),
                done(request)]

    def test_a_file_is_what_the_director_tells_however_it_is_named(self):
        with StandIn(self.tell):
            lines = play("""
        for name in ("ip_vs", "ip_vs_conn", "ip_vs_conn_sync", "ip_vs_stats_percpu"):
            text = open("/proc/net/" + name).read()
            print(text.startswith(name + " line"), len(text) > 10000, text.endswith("end\\n"))
        for name in ("/proc/self/net/ip_vs", "/proc/thread-self/net/ip_vs", "/proc//net/./ip_vs",
                     f"/proc/{os.getpid()}/net/ip_vs", "/proc/self/../net/ip_vs"):
            print(len(open(name).read()))
        os.chdir("/proc/net")
        print(len(open("ip_vs").read()))
        os.chdir("/")
        folder = os.open("/proc/self/net", os.O_RDONLY)
        opened = os.open("ip_vs", os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
        print(len(os.read(opened, 100000)), os.get_inheritable(opened))
        LIBC.fopen.restype = ctypes.c_void_p
        stream = ctypes.c_void_p(LIBC.fopen(b"/proc/net/ip_vs", b"r"))
        line = ctypes.create_string_buffer(100)
        print(LIBC.fgets(line, 100, stream) != 0, line.value)
        """)
        self.assertEqual(lines, ["True True True"] * 4 + ["12009"] * 6 +
                         ["12009 False", "True b'ip_vs line\\n'"])

    def test_other_files_are_the_kernels(self):
        with StandIn(self.tell), open("/tmp/ip_vs", "w", encoding="ascii") as other:
            other.write("not of the kernel")
            other.flush()
            self.assertEqual(play("""
        print(open("/tmp/ip_vs").read())
        for name in ("/proc/net/ip_vs_stats", "/proc/net/ip_vs_nosuch", "/proc/1/net/ip_vs"):
            try: open(name)
            except FileNotFoundError: print("not there")
        try: open("/proc/net/ip_vs", "r+")
        except OSError: print("not to be written")
        print(open("/proc/net/dev").read().startswith("Inter"))
        LIBC.fopen.restype = ctypes.c_void_p
        print(LIBC.fopen(b"/tmp/nosuch/ip_vs", b"r"), os.path.exists("/tmp/nosuch"))
        created = os.open("/tmp/ip_vs", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        print(os.fstat(created).st_size)
        """), ["not of the kernel", *["not there"] * 3, "not to be written", "True", "None False", "0"])
            os.unlink("/tmp/ip_vs")

    def test_without_a_director_there_are_none(self):
        snippet = """
        try: open("/proc/net/ip_vs")
        except FileNotFoundError: print("not there")
        """
        self.assertEqual(play(snippet), ["not there"])
        with StandIn(self.tell):
            self.assertEqual(play(snippet, user=NOBODY), ["not there"])
        with StandIn(vanish):
            self.assertEqual(play(snippet), ["not there"])


class Library(unittest.TestCase):
    def test_it_shows_what_it_stands_before_and_needs_the_c_library_alone(self):
        shown = subprocess.run(["nm", "--dynamic", "--defined-only", "--format=posix", PRELOAD],
                               check=True, capture_output=True, text=True).stdout.splitlines()
        self.assertEqual({line.split()[0] for line in shown}, {
            "sendmsg", "sendto", "send", "recvmsg", "recvfrom", "recv", "getsockopt", "setsockopt",
            "getsockname", "getpeername", "fopen", "fopen64", "open", "open64", "openat", "openat64",
            "__open_2", "__open64_2", "__openat_2", "__openat64_2"})
        needed = subprocess.run(["objdump", "-p", PRELOAD], check=True, capture_output=True,
                                text=True).stdout
        self.assertEqual([line.split()[1] for line in needed.splitlines() if "NEEDED" in line],
                         ["libc.so.6"])


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("SKIPPED: this test makes a network namespace, which takes root")
        sys.exit(77)
    enter_namespace()
    unittest.main()
