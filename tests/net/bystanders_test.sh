#!/bin/bash
# What is not balanced goes on as if there were no director: pings, local services, routed traffic.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

up_lab --servers 2
start_director
ipvsadm -A -t "$VIP:80" -s rr
ipvsadm -a -t "$VIP:80" -r 10.1.0.11 -m

begin "the director itself answers pings of the virtual address"
at client ping -c2 -i 0.2 -W2 "$VIP" >/dev/null || fail "no answer"

begin "a local service on the virtual address is reached"
mkdir "$LAB_STATE/local"
echo director >"$LAB_STATE/local/index.html"
at director /usr/bin/python3 -m http.server --bind "$VIP" --directory "$LAB_STATE/local" 8080 \
    >/dev/null 2>&1 &
eventually 5 at client curl -sS "http://$VIP:8080/"
expect_equal "its answer" director "$(at client curl -sS "http://$VIP:8080/")"

begin "a port nobody serves is refused"
expect_equal "port 81" "-refused" "$(traffic tcp "$VIP" 81 20000)"

begin "routed traffic passes, also to a real server's own address"
expect_equal "rs2 by its own address" rs2 "$(web 10.1.0.12)"
expect_equal "rs1 by its own address" rs1 "$(web 10.1.0.11)"
at client ping -c1 -W2 10.1.0.12 >/dev/null || fail "rs2 does not answer pings"

begin "the balanced service still works"
expect_equal "web" rs1 "$(web "$VIP")"
