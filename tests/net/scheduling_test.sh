#!/bin/bash
# Connections go to servers in the very order in which kernel IPVS sent them.
#
# The sequences were recorded from Linux 6.1's IPVS.  Every case has a port of its own, so that none
# inherits another's connections.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

port=8000

# service SCHEDULER WEIGHT…: a new service with rs1, rs2 … of these weights, added in this order.
service() {
    local i=0 weight
    port=$((port + 1))
    ipvsadm -A -t "$VIP:$port" -s "$1"
    for weight in "${@:2}"; do
        i=$((i + 1))
        ipvsadm -a -t "$VIP:$port" -r "10.1.0.1$i:80" -m -w "$weight"
    done
}

change() { ipvsadm "$1" -t "$VIP:$port" -r "10.1.0.1$2:80" "${@:3}"; }

# expect HOW SEQUENCE: that many connections, held open or closed before the next.
next_source=20000
expect() {
    local -a sequence
    local seen last
    read -r -a sequence <<<"$2"
    last=$((next_source + ${#sequence[@]} - 1))
    if [[ $1 == held ]]; then
        seen=$(hold_and_print "$next_source-$last")
    else
        seen=$(traffic tcp "$VIP" "$port" "$next_source-$last")
    fi
    next_source=$((last + 1))
    expect_equal "$1, in this order" "$2" "$seen"
}

# Whoever holds connections ends with the lab.
hold_and_print() {
    local line=$LAB_STATE/held.$1
    traffic tcp "$VIP" "$port" "$1" --hold >"$line" 2>&1 &
    eventually 10 test -s "$line"
    cat "$line"
}

up_lab --no-dns
start_director

begin "rr: order of the list, changes, weight 0"
service rr 1 1
expect closed "rs2 rs1 rs2"
change -a 3 -m
expect closed "rs1 rs3 rs2 rs1 rs3 rs2"
change -e 2 -m -w 0
expect closed "rs1 rs3 rs1 rs3 rs1"
change -e 2 -m -w 1
expect closed "rs3 rs2 rs1 rs3 rs2"
change -d 3
expect closed "rs1 rs2 rs1 rs2"
change -a 3 -m
expect closed "rs1 rs3 rs2 rs1 rs3 rs2"

while read -r scheduler weights how sequence; do
    begin "$scheduler with weights ${weights//,/ }, connections $how"
    # shellcheck disable=SC2086  # one word a weight
    service "$scheduler" ${weights//,/ }
    expect "$how" "$sequence"
done <<'RECORDED'
wrr 1,2,3 closed rs3 rs2 rs1 rs3 rs3 rs2 rs3 rs2 rs1 rs3 rs3 rs2 rs3 rs2
wrr 5,1,1 closed rs3 rs2 rs1 rs1 rs1 rs1 rs1 rs3 rs2 rs1 rs1 rs1 rs1 rs1
wrr 2,4,6 closed rs3 rs2 rs1 rs3 rs3 rs2 rs3 rs2 rs1 rs3 rs3 rs2 rs3 rs2
wrr 0,1,2 closed rs3 rs2 rs3 rs3 rs2 rs3 rs3 rs2 rs3 rs3 rs2 rs3 rs3 rs2
wrr 7,3,2 closed rs3 rs2 rs1 rs1 rs1 rs1 rs1 rs2 rs1 rs3 rs2 rs1 rs3 rs2
lc 1,1,1 held rs3 rs2 rs1 rs3 rs2 rs1 rs3 rs2 rs1 rs3 rs2 rs1
lc 1,1,1 closed rs3 rs2 rs1 rs3 rs2 rs1 rs3 rs2 rs1 rs3 rs2 rs1
lc 1,2,3 held rs3 rs2 rs1 rs3 rs2 rs1 rs3 rs2 rs1 rs3 rs2 rs1
lc 4,1,1 closed rs3 rs2 rs1 rs3 rs2 rs1 rs3 rs2 rs1 rs3 rs2 rs1
wlc 1,1,1 held rs3 rs2 rs1 rs3 rs2 rs1 rs3 rs2 rs1 rs3 rs2 rs1
wlc 1,2,3 held rs3 rs2 rs1 rs3 rs2 rs3 rs3 rs2 rs1 rs3 rs2 rs3
wlc 1,2,3 closed rs3 rs2 rs1 rs3 rs2 rs3 rs3 rs2 rs1 rs3 rs2 rs3
wlc 4,1,1 held rs3 rs2 rs1 rs1 rs1 rs1 rs3 rs2 rs1 rs1 rs1 rs1
wlc 4,1,1 closed rs3 rs2 rs1 rs1 rs1 rs1 rs3 rs2 rs1 rs1 rs1 rs1
RECORDED

begin "wlc: held connections weigh more than closed ones"
service wlc 1 1 1
expect held "rs3 rs2 rs1 rs3"
expect closed "rs2 rs1 rs2 rs1 rs2 rs1 rs2"

begin "counts of what is open and closed"
expect_equal "rs1, rs2, rs3 (active inactive)" "1 3
1 4
2 0" "$(ipvsadm -Ln -t "$VIP:$port" | awk '/->.*Masq/ {print $5, $6}')"
