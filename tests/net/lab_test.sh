#!/bin/bash
# The lab itself: its servers answer, and `down` leaves nothing, also when `up` was killed.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

traces() {
    find /run/netns /run/turnout-lab -maxdepth 1 -name "$LAB_NAME*" 2>/dev/null
    ip -o link show | grep -F "$LAB_NAME-" || true
    pgrep -f "/run/turnout-lab/$LAB_NAME/" || true
}

host_links() { ip -o link show | cut -d: -f2; }

links_before=$(host_links)

for topology in two-arm one-arm; do
    begin "$topology: real programs answer with their server's name"
    up_lab --servers 2 --topology "$topology"
    for i in 1 2; do
        expect_equal "web of rs$i" "rs$i" "$(at director curl -sS "http://10.1.0.1$i/")"
        expect_equal "names of rs$i" '"rs'$i'"' \
            "$(at director dig +short TXT who.lab.test "@10.1.0.1$i")"
    done
    expect_equal "length of /large" 8388608 "$(at client curl -s http://10.1.0.11/large | wc -c)"
    at client ping -c1 -W2 "$VIP" >/dev/null || fail "the virtual address does not answer pings"

    begin "$topology: a lab that is up is not built over"
    expect_failure 'exists already' "$root/lab/lab" up
    expect_equal "rs1 after that" rs1 "$(at director curl -sS http://10.1.0.11/)"

    begin "$topology: down leaves nothing"
    at rs1 sleep 1000 &
    disown
    "$root/lab/lab" down
    expect_equal "what is left" "" "$(traces)"
done

begin "up killed midway leaves only what down removes"
for delay in 0.1 0.2 0.3 0.5; do
    "$root/lab/lab" up --servers 20 >/dev/null 2>&1 &
    up=$!
    sleep "$delay"
    kill -s KILL "$up"
    wait "$up" 2>/dev/null || true
    # A command that up had just started may still be at work.
    sleep 0.3
    "$root/lab/lab" down
    expect_equal "what is left after $delay s" "" "$(traces)"
done

begin "up ended by a signal cleans up by itself"
"$root/lab/lab" up --servers 20 >/dev/null 2>&1 &
up=$!
sleep 0.3
kill -s TERM "$up"
wait "$up" 2>/dev/null || true
expect_equal "what is left" "" "$(traces)"

begin "bad input is refused by name"
expect_failure "'0' is not a number from 1 to 200" "$root/lab/lab" up --servers 0
expect_failure "'201' is not a number" "$root/lab/lab" up --servers 201
expect_failure "'ring' is neither" "$root/lab/lab" up --topology ring
expect_failure "does not know '--fast'" "$root/lab/lab" up --fast
expect_failure "cannot name a lab" env LAB_NAME=no/good "$root/lab/lab" status
expect_failure "has no 'rs9'" "$root/lab/lab" exec rs9 true

expect_equal "the host's own interfaces" "$links_before" "$(host_links)"
