#!/bin/bash
# A full connection table: new flows are served without a record, each packet by the same server; those
# that have one keep it; and it is told.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

names() { traffic "$1" "$VIP" "$2" "$3" | tr ' ' '\n'; }

up_lab --servers 3
start_director --conn-table-bits 8
ipvsadm -A -u "$VIP:53" -s rr
ipvsadm -A -t "$VIP:80" -s rr
for server in 10.1.0.11 10.1.0.12 10.1.0.13; do
    ipvsadm -a -u "$VIP:53" -r "$server" -m
    ipvsadm -a -t "$VIP:80" -r "$server" -m
done

begin "more flows than the table holds: all are served"
size=$(field 's["connections"]["size"]')
first=$(names udp 53 20000)
answers=$(names udp 53 20001-20700)
expect_equal "flows that were served" 700 "$(grep -c '^rs[123]$' <<<"$answers")"
used=$(field 's["connections"]["used"]')
# A table made for eight connections a bucket has room for fifteen.
[[ $used -le $((size * 15 / 8)) ]] || fail "$used connections in a table of $size"

begin "those that found no room are counted, and it is told"
[[ $(field 's["packets_without_record"]') -gt 0 ]] || fail "nothing was counted"
expect_equal "what is done" "['without records']" "$(field 's["defences"]')"
expect_equal "drops" "" "$(field '" ".join(r for r, n in s["drops"].items() if n)')"
eventually 5 grep -q "the connection table is full" "/run/turnout-lab/$LAB_NAME/turnoutd.log"

begin "a flow without a record stays with its server"
expect_equal "the same flows again" "$answers" "$(names udp 53 20001-20700)"

begin "TCP connections without a record: whole requests, answers by NAT"
expect_equal "requests that were served" 100 "$(names tcp 80 30000-30099 | grep -c '^rs[123]$')"

begin "without a record nobody can tell answers of a server that two services share"
ipvsadm -A -t "$VIP:81" -s rr
ipvsadm -a -t "$VIP:81" -r 10.1.0.11:80 -m
expect_equal "what came of it" -timeout "$(traffic tcp "$VIP" 81 30000 --timeout 0.5)"
expect_match "drop reasons" full "$(field '" ".join(r for r, n in s["drops"].items() if n)')"

begin "flows that got in keep working"
expect_equal "the first flow" "$first" "$(names udp 53 20000)"
