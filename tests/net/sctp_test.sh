#!/bin/bash
# SCTP end to end, by a real stack at both ends (usrsctp: the kernel may have none): every method,
# NAT to the same port and to another, in either lane.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm
stack=/usr/lib/usrsctp
[[ -x $stack/echo_server ]] || { echo "SKIPPED: libusrsctp-examples is not installed"; exit 77; }
command -v ethtool >/dev/null || { echo "SKIPPED: ethtool is not installed"; exit 77; }

ECHO=7  # the servers' port

# start WHO PROGRAM: until the lab is taken down.
start() {
    nsenter --net="/run/netns/$LAB_NAME-$1" -- "$stack/$2" >"$LAB_STATE/$1.$2" 2>&1 </dev/null &
}

# echoed PORT: what comes back of three messages, of which one fills several packets.  The client ends
# the association when there is no more to send, and who is told so echoes nothing more.
echoed() {
    { cat "$LAB_STATE/messages"; sleep 1; } |
        at client timeout 30 "$stack/client" "$VIP" "$1" 2>&1 | grep -x '[a-z]*' | cut -c-9 |
        paste -sd' '
}

# serve PORT SERVER OPTION…: a service with that server alone.
serve() {
    ipvsadm -A --sctp-service "$HOST:$1" -s rr
    ipvsadm -a --sctp-service "$HOST:$1" -r "$(host "$(server_address "$2")")${3:+:$3}" "${@:4}"
}

# Packets of a service since it was made: requests and replies.
packets() { ipvsadm -Ln --stats --exact --sctp-service "$HOST:$1" | awk '/^SCTP/ {print $4, $5}'; }

# What all associations with a server have come to.
states() { ipvsadm -Lnc | awk -v to="$(host "$(server_address "$1")"):$ECHO" '$6 == to {print $3}' | sort -u; }
states_match() { [[ $(states "$1") =~ ^($2)$ ]]; }

# expect_association PORT SERVER STATE
expect_association() {
    expect_equal "what is echoed by way of port $1" "one twooooooo three" "$(echoed "$1")"
    eventually 5 states_match "$2" "$3"
}

carries_every_method() {
    local ended=$'(CLOSED|S-RECEIVED|\n)+'
    ipvsadm -C
    serve $ECHO 1 $ECHO -m
    serve 9007 1 $ECHO -m
    expect_association $ECHO 1 CLOSED
    expect_association 9007 1 CLOSED
    expect_match "packets of NAT, both ways" '^[1-9][0-9]* [1-9]' "$(packets 9007)"
    # Who is reached without NAT may end an association by the server's own address, past us.
    ipvsadm -C
    serve $ECHO 2 $ECHO -g
    expect_association $ECHO 2 "$ended"
    expect_match "packets of direct routing, one way" '^[1-9][0-9]* 0$' "$(packets $ECHO)"
    ipvsadm -C
    serve $ECHO 3 $ECHO -i
    expect_association $ECHO 3 "$ended"
}

# The far ends of veth pairs, as XDP wants them: see xdp_test.sh.
prepare_wires() {
    at net ethtool -K director tx off gro on >/dev/null
    at net ethtool -K director-eth1 tx off gro on >/dev/null
}

# Each stack tells the other all of its addresses: but these are not to be a way round the director.
only_by_service() {
    at client ip route add unreachable 10.1.0.0/24
    at client ip -6 route add unreachable 2001:db8:10::/64
}

up_lab --no-dns
prepare_wires
only_by_service
printf '%s\n' one "two$(printf '%03000d' 0 | tr 0 o)" three >"$LAB_STATE/messages"
realserver rs2 direct >/dev/null
realserver rs3 tunnel >/dev/null
# The stack takes no address of lo for one that others can reach.
for who in rs2 rs3; do at $who ip address add "$VIP" dev eth0; done
for i in 1 2 3; do start "rs$i" echo_server; done
start_director --xdp off

for mode in off native generic; do
    end_director TERM
    start_director --xdp $mode
    begin "SCTP by every method, XDP $mode"
    carries_every_method
done

[[ $LAB_FAMILY == ipv4 ]] || exit 0
begin "a checksum that hardware has yet to compute is left to it, and one that is 0 is amended"
wire() { at "$1" /usr/bin/python3 "$tests/sctp_wire.py" "${@:2}"; }
end_director TERM
start_director --xdp off
at net ethtool -K director tx on >/dev/null
ipvsadm -C
serve 9008 1 4444 -m
wire rs1 watch eth0 >"$LAB_STATE/seen" &
eventually 5 grep -q ready "$LAB_STATE/seen"
mac=$(at director ip -br link show eth0 | awk '{print $3}')
for kind in unfinished zero; do wire client send eth0 "$mac" "$CLIENT" "$VIP" 9008 $kind; done
all_seen() { [[ $(sed 1d "$LAB_STATE/seen" | paste -sd,) == "4444 left,4444 right" ]]; }
eventually 5 all_seen
