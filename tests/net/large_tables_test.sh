#!/bin/bash
# Ten thousand services, and four thousand servers of one: loaded and listed by both ipvsadms, by
# several at once, among clients that never read, read slowly, or send garbage.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm
[[ -e $PRELOAD ]] || { echo "SKIPPED: $PRELOAD is not built"; exit 77; }
[[ -x /usr/sbin/ipvsadm ]] || { echo "SKIPPED: ipvsadm is not installed (apt-get install ipvsadm)"; exit 77; }

original() { at director env LD_PRELOAD="$PRELOAD" timeout 60 /usr/sbin/ipvsadm "$@"; }
clients() { nsenter --net="/run/netns/$LAB_NAME-director" -- /usr/bin/python3 "$tests/ipvs_clients.py" "$@"; }

services() { for i in {0..9999}; do echo "-A -t 198.18.$((i / 256)).$((i % 256)):80 -s rr"; done; }
servers() {
    echo "-A -f 1 -s wrr"
    for i in {1..4000}; do echo "-a -f 1 -r 10.7.$((i / 256)).$((i % 256)):80 -m -w $((i % 7 + 1))"; done
}

# plague KIND NUMBER: such clients, until relief.
plague() {
    clients "$@" >"$LAB_STATE/$1" &
    plagues+=($!)
    eventually 10 grep -q ASKED "$LAB_STATE/$1"
}
relief() {
    kill "${plagues[@]}"
    wait "${plagues[@]}" 2>/dev/null || true
    plagues=()
}
plagues=()

# rules COUNT: as many rules as that, in both tools' words, and both tools' lists alike.
expect_rules() {
    ipvsadm -Sn >"$LAB_STATE/ours"
    original -Sn >"$LAB_STATE/theirs"
    expect_equal "rules" "$1" "$(wc -l <"$LAB_STATE/ours")"
    cmp "$LAB_STATE/ours" "$LAB_STATE/theirs" || fail "the saved rules differ"
    ipvsadm -Ln >"$LAB_STATE/ours"
    original -Ln >"$LAB_STATE/theirs"
    cmp "$LAB_STATE/ours" "$LAB_STATE/theirs" || fail "the lists differ"
}

up_lab
start_director

begin "ten thousand services by Debian's ipvsadm, four thousand servers of one by ours"
services | original -R
servers | ipvsadm -R
expect_rules 14001
expect_equal "lines of /proc/net/ip_vs" 14004 \
    "$(at director env LD_PRELOAD="$PRELOAD" cat /proc/net/ip_vs | wc -l)"

begin "the other way round"
ipvsadm -C
services | ipvsadm -R
servers | original -R
expect_rules 14001

begin "eight at once: each gets a whole list, while another changes a service"
for i in {1..8}; do
    if ((i % 2)); then ipvsadm -Sn; else original -Sn; fi >"$LAB_STATE/list$i" &
    askers[i]=$!
done
for i in {1..100}; do ipvsadm -E -t 198.18.0.1:80 -s "$( ((i % 2)) && echo wrr || echo rr )"; done
wait "${askers[@]}"
for i in {1..8}; do expect_equal "rules of asker $i" 14001 "$(wc -l <"$LAB_STATE/list$i")"; done
expect_rules 14001

begin "among clients that never read, that read slowly, and that send garbage"
plague deaf 100
plague slow 100
clients garbage 1
expect_rules 14001
for _ in {1..20}; do ipvsadm -E -t 198.18.0.1:80 -s rr; done
original -a -t 198.18.0.1:80 -r "$(server_address 1):80" -m
expect_rules 14002
relief
kill -s 0 "$director_pid" || fail "the daemon has ended"

begin "more of them than there are places"
plague deaf 300
expect_rules 14002
relief
expect_rules 14002
