#!/bin/bash
# A full connection table refuses new flows by name and keeps serving those it holds.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

field() { turnout status --json | /usr/bin/python3 -c "import json, sys; s = json.load(sys.stdin); print($1)"; }

up_lab --servers 1
start_director --conn-table-bits 8
ipvsadm -A -u "$VIP:53" -s rr
ipvsadm -a -u "$VIP:53" -r 10.1.0.11 -m

begin "more flows than the table holds"
size=$(field 's["connections"]["size"]')
expect_equal "the first flow" rs1 "$(traffic udp "$VIP" 53 20000)"
answers=$(traffic udp "$VIP" 53 20001-20700 --timeout 0.03 | tr ' ' '\n')
served=$(grep -c '^rs1$' <<<"$answers")
[[ $served -ge 200 && $served -lt 700 ]] || fail "of 700 flows, $served were served" "size is $size"

begin "refused ones are counted, and only those"
dropped=$(field 'sum(s["drops"].values())')
expect_match "drop reasons" 'full' "$(field '" ".join(r for r, n in s["drops"].items() if n)')"
[[ $dropped -ge $((700 - served)) ]] || fail "$((700 - served)) flows were refused, $dropped counted"
used=$(field 's["connections"]["used"]')
# A table made for eight connections a bucket has room for fifteen.
[[ $used -le $((size * 15 / 8)) ]] || fail "$used connections in a table of $size"

begin "flows that got in keep working"
expect_equal "the first flow" rs1 "$(traffic udp "$VIP" 53 20000)"
