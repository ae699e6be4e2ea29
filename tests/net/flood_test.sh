#!/bin/bash
# A flood of SYN packets that fills the connection table many times over: who has a connection keeps it,
# who comes is served, and what the flood left is gone when its time is over.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

SYNS=20000

served() { traffic tcp "$VIP" 80 "$1" | tr ' ' '\n' | grep -c '^rs[12]$' || true; }
counts_nothing() { ipvsadm -Ln -t "$VIP:80" | awk '/Masq/ { sum += $5 + $6 } END { exit sum != 0 }'; }

flood() { at client /usr/bin/python3 "$tests/flood.py" "$VIP" 80 $SYNS; }

up_lab --servers 2 --no-dns
start_director --conn-table-bits 8
# Servers answer each SYN of the flood; nobody is at the addresses they answer to.
ipvsadm -A -t "$VIP:80" -s rr
for server in 10.1.0.11 10.1.0.12; do ipvsadm -a -t "$VIP:80" -r "$server" -m; done
turnout set timeout.syn_recv 5
turnout set timeout.time_wait 2

begin "a connection is there before"
nsenter --net="/run/netns/$LAB_NAME-client" -- \
    curl -sS --max-time 60 "http://$VIP/large" -o "$LAB_STATE/held" --limit-rate 400K &
held=$!
eventually 5 test -s "$LAB_STATE/held"

begin "during the flood, who comes is served"
flood &
flooding=$!
answers=0
for ((first = 30000; first < 30100; first += 10)); do
    answers=$((answers + $(served $first-$((first + 9)))))
done
wait $flooding
expect_equal "requests that were served" 100 "$answers"
[[ $(field 's["packets_without_record"]') -gt 0 ]] || fail "the table was never full"

begin "who had a connection keeps it"
wait $held || fail "the connection that was there before did not last"
expect_equal "what came by it" "$(sha256sum <"$LAB_STATE/www/large")" "$(sha256sum <"$LAB_STATE/held")"

begin "the flood's connections end, and count for nobody"
eventually 20 counts_nothing
expect_equal "connections in the table" 0 "$(field 's["connections"]["used"]')"

begin "with drop_entry, what came to nothing makes way before its time"
turnout set timeout.syn_recv 60
turnout set drop_entry 1
flood
eventually 20 grep -q 'drop_entry is down' "$LAB_STATE/turnoutd.log"
expect_equal "requests that are served" 10 "$(served 31000-31009)"
