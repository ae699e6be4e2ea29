#!/usr/bin/python3
"""Records the corpus of responder_fuzz: what Debian's ipvsadm asks, under libturnout-ipvs.so.

    record_requests.py SOCKET     writes requests/ipvsadm_*.bin anew; SOCKET is of a director, which
                                  answers and is left as it was found: empty
"""

import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "preload"))

from preload_test import PRELOAD, enter_namespace  # noqa: E402
from stand_in import DONE, ERROR, StandIn, header  # noqa: E402

IPVSADM = "/usr/sbin/ipvsadm"
CASES = {
    "services": ["-A -t 198.51.100.1:80 -s wrr -p 50 -M 255.255.255.0", "-E -t 198.51.100.1:80 -s sh -b sh-port",
                 "-A -u [2001:db8::1]:5060 -p 60 -M 64 --pe sip -o", "-A -f 7 -6 -s mh", "-Ln", "-Z",
                 "-D -f 7 -6", "-C"],
    "servers": ["-A -t 198.51.100.1:80", "-a -t 198.51.100.1:80 -r 10.1.0.1:8080 -m -w 3 -x 10 -y 5",
                "-a -t 198.51.100.1:80 -r [2001:db8::9]:80 -i --tun-type gue --tun-port 6080 --tun-csum",
                "-e -t 198.51.100.1:80 -r 10.1.0.1:8080 -g -w 0", "-Ln -t 198.51.100.1:80",
                "-d -t 198.51.100.1:80 -r 10.1.0.1:8080", "-C"],
    "others": ["--set 1 2 3", "-L --timeout", "--start-daemon master --mcast-interface lo --syncid 5",
               "--start-daemon backup --mcast-interface lo --mcast-group ff05::81 --mcast-ttl 3",
               "-L --daemon", "--stop-daemon master", "--stop-daemon backup", "-Lnc"],
}


def main():
    director = sys.argv[1]

    def forward(request):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as real:
            real.connect(director)
            real.send(request)
            answers = []
            while not answers or header(answers[-1])[1] not in (ERROR, DONE):
                answers.append(real.recv(65536))
                if b"\3\0\2\0" in answers[-1][-20:]:  # NLMSG_DONE behind other messages
                    break
            return answers

    enter_namespace()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    (HERE / "requests").mkdir(exist_ok=True)
    for name, lines in CASES.items():
        with StandIn(forward) as stand_in:
            for line in lines:
                subprocess.run([IPVSADM, *line.split()], check=False,
                               env=os.environ | {"LD_PRELOAD": PRELOAD})
        asked = b"".join(struct.pack("<H", len(one)) + one for one in stand_in.requests)
        (HERE / "requests" / f"ipvsadm_{name}.bin").write_bytes(asked)


if __name__ == "__main__":
    main()
