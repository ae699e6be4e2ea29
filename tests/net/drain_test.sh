#!/bin/bash
# Servers are drained under load, and nothing fails: HTTP by NAT and direct routing, a UDP echo, a
# persistent service; the daemon is replaced meanwhile.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

weight_of() { ipvsadm -Ln "$1" "$2" | awk -v at="$3" '$2 == at {print $4}'; }
state_of() { turnout drain list --json | jq -r --arg at "$1" '.[] | select(.server == $at).state'; }
is_drained() { [[ $(state_of "$1") == drained ]]; }
has_server() { ipvsadm -Ln "$1" "$2" | grep -qF -- "-> $3 "; }
lacks_server() { ! has_server "$@"; }
logged() { grep -q "$1" "$LAB_STATE/turnoutd.log"; }
# only LIST: the words of it, each once.
only() { tr ' ' '\n' <<<"$1" | sort -u | xargs; }

# load NAME ADDRESS: requests one after the other until `stop_load`; what goes wrong is written down.
load() {
    local fails=$LAB_STATE/fails.$1
    : >"$fails"
    nsenter --net="/run/netns/$LAB_NAME-client" -- bash -c \
        "while :; do curl -sS -o /dev/null --max-time 5 http://$2/ 2>>$fails; done" &
    loads+=($!)
}
stop_load() {
    kill "${loads[@]}"
    wait "${loads[@]}" 2>/dev/null || true
    loads=()
    expect_equal "failed requests" "" "$(cat "$LAB_STATE"/fails.*)"
}
loads=()

up_lab
start_director
realserver rs2 direct >/dev/null
realserver rs3 direct >/dev/null
ipvsadm -A -t "$VIP:80" -s rr
ipvsadm -a -t "$VIP:80" -r 10.1.0.11 -m -w 3
ipvsadm -a -t "$VIP:80" -r 10.1.0.12 -g -w 3
ipvsadm -a -t "$VIP:80" -r 10.1.0.13 -g -w 3
ipvsadm -A -u "$VIP:53" -s rr
ipvsadm -A -t "$VIP:8080" -s rr -p 300
for i in 1 2; do
    ipvsadm -a -u "$VIP:53" -r "10.1.0.1$i" -m
    ipvsadm -a -t "$VIP:8080" -r "10.1.0.1$i:80" -m
done

begin "a drained server gets nothing new, under load, and keeps what it has"
# Before the load, which takes turns of the scheduler as well.
traffic tcp "$VIP" 80 20000-20002 --hold >"$LAB_STATE/held" &
holder=$!
eventually 10 test -s "$LAB_STATE/held"
expect_equal "held at every server" "rs1 rs2 rs3" "$(only "$(cat "$LAB_STATE/held")")"
load web "$VIP"
load stays "$VIP:8080"
turnout drain start "tcp:$VIP:80" 10.1.0.11 --deadline 10m >/dev/null
expect_equal "weight in the list" 0 "$(weight_of -t "$VIP:80" 10.1.0.11:80)"
expect_equal "new connections" "rs2 rs3" "$(only "$(traffic tcp "$VIP" 80 21000-21007)")"
expect_equal "state" draining "$(state_of 10.1.0.11:80)"
left=$(turnout drain list --json | jq '.[0].connections.tcp')
[[ $left -ge 1 ]] || fail "the drain tells what is left" "seen: $left"

begin "an edit meanwhile does not end it"
ipvsadm -e -t "$VIP:80" -r 10.1.0.11 -m -w 7
expect_equal "weight" 0 "$(weight_of -t "$VIP:80" 10.1.0.11:80)"

begin "nor does another daemon"
end_director KILL
expect_equal "new connections" "rs2 rs3" "$(only "$(traffic tcp "$VIP" 80 21010-21017)")"
start_director
expect_equal "state" draining "$(state_of 10.1.0.11:80)"
expect_equal "new connections" "rs2 rs3" "$(only "$(traffic tcp "$VIP" 80 21020-21027)")"

begin "cancelled, it has the weight of the edit"
turnout drain cancel "tcp:$VIP:80" 10.1.0.11 >/dev/null
expect_equal "weight" 7 "$(weight_of -t "$VIP:80" 10.1.0.11:80)"
expect_equal "new connections" "rs1 rs2 rs3" "$(only "$(traffic tcp "$VIP" 80 21030-21035)")"
expect_failure 'not being drained' turnout drain cancel "tcp:$VIP:80" 10.1.0.11

begin "drained of all it has, it is removed"
turnout drain start "tcp:$VIP:80" 10.1.0.12 --then remove >/dev/null
sleep 3  # longer than the director's tick
has_server -t "$VIP:80" 10.1.0.12:80 || fail "a connection is held, so the server stays"
kill "$holder"
wait "$holder" 2>/dev/null || true
turnout connection delete --server 10.1.0.12 --service "tcp:$VIP:80" >/dev/null
eventually 10 lacks_server -t "$VIP:80" 10.1.0.12:80
logged '10.1.0.12:80 of tcp:.* started' || fail "the start is logged"
logged '10.1.0.12:80 of tcp:.* removed' || fail "the removal is logged"

begin "a persistent client is given another server"
first=$(traffic tcp "$VIP" 8080 22000)
address=10.1.0.1${first#rs}
turnout drain start "tcp:$VIP:8080" "$address" --deadline 1s >/dev/null
second=$(traffic tcp "$VIP" 8080 22001)
[[ $second != "$first" && $second == rs* ]] || fail "another server" "seen: $first, then $second"

begin "at the deadline it is over, and the server stays out of service"
eventually 10 is_drained "$address:80"
expect_equal "client" "$second" "$(only "$(traffic tcp "$VIP" 8080 22002-22005)")"
logged 'the deadline has come' || logged 'no connection is left' || fail "the end is logged"

begin "a UDP client that pauses moves, and no question is lost"
names=$(traffic udp "$VIP" 53 23000)
address=10.1.0.1${names#rs}
turnout drain start "udp:$VIP:53" "$address" --udp-idle 1s >/dev/null
sleep 1.5
moved=$(traffic udp "$VIP" 53 23000)
[[ $moved != "$names" && $moved == rs* ]] || fail "another server" "seen: $names, then $moved"
eventually 10 is_drained "$address:53"

begin "in all services at once; the last server of one is told"
turnout drain cancel 10.1.0.11 >/dev/null 2>&1 || true
turnout drain cancel 10.1.0.12 >/dev/null 2>&1 || true
expect_equal "drains" "[]" "$(turnout drain list --json | jq -c .)"
expect_equal "drains of 10.1.0.11" 3 "$(turnout drain start 10.1.0.11 | grep -c 10.1.0.11)"
warning=$(turnout drain start "udp:$VIP:53" 10.1.0.12 2>&1 >/dev/null)
expect_match "warning" "udp:$(literally "$VIP"):53 has no other server" "$warning"
turnout drain cancel 10.1.0.12 >/dev/null

begin "what makes no sense is refused"
expect_failure 'no service has a server' turnout drain start 10.1.0.99
expect_failure 'names no service' turnout drain start "$VIP:80" 10.1.0.11
expect_failure 'no duration' turnout drain start 10.1.0.11 --deadline soon
expect_failure 'at most' turnout drain start 10.1.0.11 --udp-idle 1h

begin "removed by ipvsadm, it is drained no more"
ipvsadm -d -t "$VIP:80" -r 10.1.0.11
expect_equal "drains" 2 "$(turnout drain list --json | jq length)"

begin "nothing has failed"
stop_load
