#!/bin/bash
# turnoutd and its tools meet bad input, missing rights and vanishing interfaces: each is told by
# name, and the daemon that runs keeps its table and serves on.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

# A second daemon that by mistake starts would stay: it gets a minute.
daemon() { at director timeout 60 "$BIN/turnoutd" "$@"; }
# A program of ours as nobody, who may not look into the folder that it was built in.
nobody() {
    local copy=$LAB_STATE/$1
    [[ -x $copy ]] || install -m 755 "$BIN/$1" "$copy"
    at director setpriv --reuid 65534 --regid 65534 --clear-groups timeout 60 "$copy" "${@:2}"
}
without() { at director setpriv --bounding-set "$1" timeout 60 "${@:2}"; }

# expect_refusal STATUS PATTERN CMD…: that exit status, and a message that matches.
expect_refusal() {
    local status=$1 pattern=$2 output seen=0
    shift 2
    output=$("$@" 2>&1) || seen=$?
    expect_match "message of: $*" "$pattern" "$output"
    expect_equal "exit status of: $*" "$status" "$seen"
}

table() { ipvsadm -Sn; }

expect_unharmed() {
    kill -s 0 "$director_pid" || fail "the daemon has ended"
    expect_equal "the table" "$table" "$(table)"
    expect_equal "web" rs1 "$(web "$VIP")"
}

expect_no_data_plane() {
    expect_refusal 1 'no data plane.*start turnoutd' turnout status
    expect_equal "tc filters" "" "$(at director tc filter show dev eth0 ingress)"
}

expect_options_refused() {
    expect_refusal 2 'turnoutd: .*--nope' daemon --nope
    expect_refusal 2 'turnoutd: .*stray' daemon stray
    expect_refusal 2 '--conn-table-bits: Value 5 not in range 8 to 27' daemon --conn-table-bits 5
    expect_refusal 2 '--conn-table-bits: Value 40 not in range 8 to 27' daemon --conn-table-bits 40
    expect_refusal 2 '--conn-table-bits: Value x not' daemon --conn-table-bits x
    expect_refusal 2 '--conn-table-bits' daemon --conn-table-bits
    expect_refusal 2 '--max-services: Value 0 not' daemon --max-services 0
    expect_refusal 2 '--max-servers: Value -1 not' daemon --max-servers -1
    expect_refusal 2 '--xdp: fast not in .*auto.*off' daemon --xdp fast
    expect_refusal 2 "no subcommand 'sideways'" turnout sideways
    expect_refusal 2 '--vip|method' turnout realserver --method sideways
}

expect_rights_asked() {
    expect_refusal 1 'root' nobody turnoutd
    expect_refusal 1 'root' nobody turnout status
    expect_refusal 1 'root' nobody turnout down
    expect_refusal 1 'root' nobody turnout realserver --vip "$VIP" --method direct
}

up_lab
begin "without a daemon: options that make no sense"
expect_options_refused
begin "without a daemon: not root"
expect_rights_asked
begin "without a daemon: rights that are missing"
expect_refusal 1 'CAP_BPF' without -bpf,-sys_admin "$BIN/turnoutd"
expect_refusal 1 'CAP_PERFMON' without -perfmon,-sys_admin "$BIN/turnoutd"
expect_refusal 1 'CAP_NET_ADMIN' without -net_admin "$BIN/turnoutd"
begin "without a daemon: interfaces that cannot be served"
expect_refusal 1 "'eth7': there is none .*ip link" daemon --interface eth7
at director ip tuntap add dev tun0 mode tun
expect_refusal 1 'tun0: it carries no Ethernet' daemon --interface tun0
at director ip tuntap del dev tun0 mode tun
begin "without a daemon: the tools say so"
expect_refusal 2 'start turnoutd' ipvsadm -Ln
expect_refusal 2 'start turnoutd' ipvsadm -A -t "$VIP:80"
begin "none of that has left a data plane behind"
expect_no_data_plane
expect_equal "turnout down" "nothing to remove" "$(turnout down)"

begin "a daemon starts"
started=$(date +%s%N)
start_director
echo "  READY after $((($(date +%s%N) - started) / 1000000)) ms"
ipvsadm -A -t "$VIP:80" -s wlc
ipvsadm -a -t "$VIP:80" -r 10.1.0.11 -m -w 7
table=$(table)
expect_unharmed

begin "with a daemon: options, rights, a second daemon"
expect_options_refused
expect_unharmed
expect_rights_asked
expect_unharmed
expect_refusal 1 'another turnoutd' daemon
expect_refusal 1 'another turnoutd' daemon --interface eth0 --xdp off
expect_unharmed
begin "with a daemon: ipvsadm is for root"
expect_refusal 2 'must be root' nobody ipvsadm -Ln
expect_refusal 2 'must be root' nobody ipvsadm -C
expect_unharmed

for kind in noise truncated lying long; do
    begin "garbage to the socket: $kind"
    sent=$(at director /usr/bin/python3 "$tests/garbage.py" "$kind")
    echo "  $sent datagrams"
    expect_unharmed
done

begin "clients that fall silent keep nobody out"
at director /usr/bin/python3 "$tests/garbage.py" silent >"$LAB_STATE/silent" &
silent=$!
eventually 10 test -s "$LAB_STATE/silent"
expect_unharmed
kill "$silent"

begin "an interface goes away and comes back"
ip -n "$LAB_NAME-director" link del eth1
expect_match "lanes" 'eth0' "$(turnout status)"
[[ $(turnout status) != *eth1* ]] || fail "eth1 is still said to be served"
expect_equal "the table" "$table" "$(table)"
# shellcheck source=lab/topology.sh
. "$root/lab/topology.sh"
cable director eth1 servers
ip -n "$LAB_NAME-director" address add "$SERVER_GATEWAY_IPV4/24" dev eth1
tune director net.ipv4.conf.eth1.accept_local=1
eventually 5 bash -c "'$root/lab/lab' exec director '$BIN/turnout' status | grep 'eth1 .*tc on'"
expect_unharmed

begin "a named interface goes away and comes back while only it is served"
end_director TERM
start_director --interface eth0 --interface eth1
ip -n "$LAB_NAME-director" link del eth1
cable director eth1 servers
ip -n "$LAB_NAME-director" address add "$SERVER_GATEWAY_IPV4/24" dev eth1
tune director net.ipv4.conf.eth1.accept_local=1
eventually 5 bash -c "'$root/lab/lab' exec director '$BIN/turnout' status | grep 'eth1 .*tc on'"
expect_unharmed

begin "a start that fails takes nothing away from the data plane that is there"
end_director KILL
expect_refusal 1 'CAP_BPF' without -bpf,-sys_admin "$BIN/turnoutd"
expect_refusal 1 'CAP_NET_ADMIN' without -net_admin "$BIN/turnoutd"
expect_refusal 1 "'eth7'" daemon --interface eth7
expect_refusal 1 'eth7' daemon --interface eth1 --interface eth7
expect_equal "web, without a daemon" rs1 "$(web "$VIP")"
expect_refusal 2 'start turnoutd' ipvsadm -Ln

begin "SIGTERM, then a new daemon: it adopts, and keeps the table's size"
start_director
expect_unharmed
end_director TERM
started=$(date +%s%N)
start_director --conn-table-bits 10
echo "  READY after $((($(date +%s%N) - started) / 1000000)) ms"
expect_match "its log" 'keeps that size.*turnout down' "$(cat "$LAB_STATE/turnoutd.log")"
expect_match "its log" 'READY adopted' "$(cat "$LAB_STATE/turnoutd.log")"
expect_unharmed

begin "turnout down without a daemon, then again"
end_director TERM
expect_equal "web, without a daemon" rs1 "$(web "$VIP")"
expect_equal "turnout down" removed "$(turnout down 2>&1)"
expect_no_data_plane
expect_equal "qdiscs" "" "$(at director tc qdisc show | grep clsact || true)"
expect_equal "turnout down" "nothing to remove" "$(turnout down)"

begin "tables of another version are not looked into, but taken over, or removed"
start_director
ipvsadm -R <<<"$table"
end_director TERM
pins=/sys/fs/bpf/turnout/$(at director /usr/bin/python3 "$tests/garbage.py" cookie)
mv "$pins"/v* "$pins/v0"
expect_refusal 1 'another version.*v0' turnout status
expect_equal "web, without a daemon" rs1 "$(web "$VIP")"
start_director
expect_unharmed
end_director TERM
mv "$pins"/v* "$pins/v0"
expect_equal "turnout down" removed "$(turnout down 2>&1)"
expect_no_data_plane
expect_equal "qdiscs" "" "$(at director tc qdisc show | grep clsact || true)"
