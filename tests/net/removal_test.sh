#!/bin/bash
# A server that is removed: its connections fall silent, new ones go elsewhere; so with weight 0,
# except that its connections live on.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

# hold PORT: a connection that stays open; `ask` sends one more request on it.
hold() {
    coproc HELD { at client /usr/bin/python3 -u -c '
import socket, sys
client = socket.create_connection((sys.argv[1], 80), 3, ("0.0.0.0", int(sys.argv[2])))
client.settimeout(2)
for line in sys.stdin:
    client.sendall(b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n")
    try:
        print(client.recv(4096).split(b"\r\n\r\n")[1].decode().strip())
    except TimeoutError:
        print("silence")
' "$VIP" "$1"; }
    disown "$HELD_PID"
}
ask() {
    local answer
    echo again >&"${HELD[1]}"
    read -r answer <&"${HELD[0]}"
    echo "$answer"
}

up_lab --servers 2
start_director
ipvsadm -A -t "$VIP:80" -s rr
for i in 1 2; do ipvsadm -a -t "$VIP:80" -r "10.1.0.1$i" -m; done

begin "weight 0: no new connections, the old one lives"
hold 20000
expect_equal "before" rs2 "$(ask)"
ipvsadm -e -t "$VIP:80" -r 10.1.0.12 -m -w 0
expect_equal "new ones" "rs1 rs1" "$(traffic tcp "$VIP" 80 20100-20101)"
expect_equal "the old one" rs2 "$(ask)"

begin "removed: new connections go elsewhere, the old one gets silence"
ipvsadm -d -t "$VIP:80" -r 10.1.0.12
expect_equal "new ones" "rs1 rs1" "$(traffic tcp "$VIP" 80 20200-20201)"
expect_equal "the old one" silence "$(ask)"
expect_match "its entry is kept" "$CLIENT:20000 +$VIP:80 +10.1.0.12:80" "$(ipvsadm -Lnc)"

begin "added again: the old connection is bound to it as before"
ipvsadm -a -t "$VIP:80" -r 10.1.0.12 -m
expect_equal "the old one" rs2 "$(ask)"

begin "no server left: refused"
ipvsadm -d -t "$VIP:80" -r 10.1.0.11
ipvsadm -d -t "$VIP:80" -r 10.1.0.12
expect_equal "a new one" "-refused" "$(traffic tcp "$VIP" 80 20300)"
