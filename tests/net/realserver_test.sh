#!/bin/bash
# `turnout realserver`: serves by direct routing and tunnel, restores exactly, finds planted faults.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnout

# The director owns no such address here: tiny_director.py plays its part.
VIP=198.51.100.9

# Everything set-up may touch.  A device that was up once keeps another idle qdisc: no matter.
state_of() {
    at "$1" sh -c 'sysctl -a 2>/dev/null | grep -E "ipv4.conf.*(arp_|rp_filter)"
                   ip address; tc qdisc; tc filter show dev eth0 ingress 2>/dev/null' |
        grep -v -E 'valid_lft|link/|fe80|qdisc noqueue 0:' | sed -E 's/ qdisc no(op|queue)//'
}

check() { at rs1 "$BIN/turnout" realserver --vip "$VIP" --check "$@"; }
undo() { at "$1" "$BIN/turnout" realserver --undo >/dev/null; }

tiny_director() {
    local mac
    mac=$(at rs1 ip -o link show eth0 | grep -o 'ether [^ ]*' | cut -c7-)
    nsenter --net="/run/netns/$LAB_NAME-director" -- \
        /usr/bin/python3 "$tests/tiny_director.py" "$1" "$VIP" 10.1.0.11 "$mac" "${@:2}" \
        >"$LAB_STATE/tiny" &
    tiny=$!
    eventually 5 grep -q READY "$LAB_STATE/tiny"
}

end_tiny_director() {
    kill "$tiny"
    wait "$tiny" 2>/dev/null || true
}

up_lab --servers 2
# The tiny director copies packets as they are: their checksums have to be complete.
at client ethtool -K eth0 tx off >/dev/null
for address in "$VIP" 198.51.100.10; do at director ip route add blackhole "$address"; done

for method in direct tunnel; do
    before=$(state_of rs1)

    begin "$method: a server that is set up answers as the virtual address"
    realserver rs1 "$method" >/dev/null
    tiny_director "$method"
    expect_equal "web" rs1 "$(web "$VIP")"
    eventually 3 name_service "$VIP"
    expect_equal "names over UDP" rs1 "$(name_service "$VIP")"
    expect_equal "names over TCP" rs1 "$(name_service "$VIP" +tcp)"
    expect_equal "large file" "$(sha256sum <"$LAB_STATE/www/large" | cut -d' ' -f1)" \
        "$(download "$VIP" /large)"

    begin "$method: an upload comes through whole"
    head -c 300000 /dev/zero >"$LAB_STATE/upload"
    expect_match "answer of nginx to a POST" '^(405|200)$' "$(at client curl -s -o /dev/null \
        -w '%{http_code}' --max-time 10 --data-binary "@$LAB_STATE/upload" "http://$VIP/large")"

    begin "$method: the server does not answer ARP for the virtual address"
    at director ip route replace "$VIP" dev eth1
    at director ping -c1 -W1 "$VIP" >/dev/null 2>&1 || true
    expect_match "the director's neighbour" 'INCOMPLETE|FAILED' \
        "$(at director ip neighbour show "$VIP" dev eth1)"
    at director ip route replace blackhole "$VIP"

    begin "$method: check agrees, doing it again changes nothing"
    expect_match "check" 'this host is ready$' "$(check --method "$method")"
    expect_equal "second set-up" "nothing to change" "$(realserver rs1 "$method")"

    begin "$method: undo restores exactly"
    undo rs1
    expect_equal "state after undo" "$before" "$(state_of rs1)"
    end_tiny_director
done

begin "tunnel: an outer header with options is taken off as well"
realserver rs1 tunnel >/dev/null
tiny_director tunnel --options
expect_equal "web" rs1 "$(web "$VIP")"
end_tiny_director

begin "tunnel: packets that are not for the virtual address stay as they are"
expect_equal "web of rs1 itself" rs1 "$(at director curl -sS --max-time 3 http://10.1.0.11/)"
VIP=198.51.100.10 tiny_director tunnel
expect_failure 'timed out|Timeout' at client curl -sS --max-time 1 http://198.51.100.10/
end_tiny_director
undo rs1

begin "two virtual addresses: the settings stay until the last one goes"
before=$(state_of rs1)
realserver rs1 tunnel >/dev/null
VIP=198.51.100.8 realserver rs1 tunnel >/dev/null
at rs1 "$BIN/turnout" realserver --undo --vip "$VIP" >/dev/null
expect_match "check of the other" 'this host is ready$' "$(VIP=198.51.100.8 check --method tunnel)"
undo rs1
expect_equal "state after both" "$before" "$(state_of rs1)"

begin "a setting changed by someone else since is left alone"
realserver rs1 direct >/dev/null
at rs1 sysctl -qw net.ipv4.conf.all.arp_announce=1
expect_match "undo" 'arp_announce: left at 1' "$(at rs1 "$BIN/turnout" realserver --undo)"
at rs1 sysctl -qw net.ipv4.conf.all.arp_announce=0

begin "check finds planted faults and their cures work"
# plant METHOD PATTERN CMD…: after set-up, a command breaks something.
plant() {
    realserver rs1 "$1" >/dev/null
    at rs1 "${@:3}"
    expect_failure "$2" check --method "$1"
}
plant direct 'arp_ignore is 0.*cure: sysctl -w' sysctl -qw net.ipv4.conf.all.arp_ignore=0
realserver rs1 direct >/dev/null
expect_match "check after setting up again" 'ready$' "$(check --method direct)"
plant direct 'arp_announce is 1' sysctl -qw net.ipv4.conf.all.arp_announce=1
plant direct 'rp_filter is 0.*should be 2' sysctl -qw net.ipv4.conf.all.rp_filter=1
at rs1 sysctl -qw net.ipv4.conf.all.rp_filter=0
plant direct 'address on lo is absent' ip address del "$VIP/32" dev lo
plant direct 'on eth0 \(which answers ARP\)' ip address add "$VIP/32" dev eth0
at rs1 ip address del "$VIP/32" dev eth0
undo rs1

begin "check finds a missing filter and a missing hook"
plant tunnel 'decapsulator on eth0 is absent' tc filter del dev eth0 ingress
plant tunnel 'tc hook of eth0 is absent' tc qdisc del dev eth0 clsact

begin "a filter of somebody else's keeps the tc hook"
realserver rs1 tunnel >/dev/null
at rs1 tc filter add dev eth0 egress protocol ip prio 7 bpf bytecode '1,6 0 0 0'
undo rs1
expect_match "filters" 'pref 7 bpf' "$(at rs1 tc filter show dev eth0 egress)"
at rs1 tc qdisc del dev eth0 clsact

begin "an IPv6 address: no settings, no duplicate address detection, never a source, and gone again"
before=$(state_of rs1)
for method in direct tunnel; do
    VIP=2001:db8:f::9 realserver rs1 "$method" >/dev/null
    expect_match "the address" 'nodad deprecated|deprecated nodad' \
        "$(at rs1 ip address show dev lo to 2001:db8:f::9)"
    expect_match "check" 'ready$' "$(VIP=2001:db8:f::9 check --method "$method")"
    undo rs1
    expect_equal "state after $method" "$before" "$(state_of rs1)"
done

begin "another GUE port takes an undo"
realserver rs1 tunnel --tun-port 6080 >/dev/null
expect_failure 'is present, with GUE at port 6080' check --method tunnel
expect_failure 'use --undo first' realserver rs1 tunnel --tun-port 6081
undo rs1

begin "the findings as JSON"
expect_equal "the findings as JSON" False "$(check --method direct --json 2>/dev/null |
    /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["ready"])')"

begin "bad input changes nothing"
before=$(state_of rs1)
refuse() { expect_failure "$1" at rs1 "$BIN/turnout" realserver "${@:2}"; }
refuse "'1.2.3' is not an IP address" --vip 1.2.3 --method direct
refuse 'cannot be a virtual address' --vip 224.0.0.1 --method direct
refuse 'cannot be a virtual address' --vip 127.0.0.9 --method direct
refuse 'not in' --vip "$VIP" --method nat
refuse 'method is missing' --vip "$VIP"
refuse "no Ethernet interface 'eth9'" --vip "$VIP" --method direct --interface eth9
refuse 'held already, on eth0' --vip 10.1.0.11 --method direct
refuse 'nothing to undo' --vip "$VIP" --undo
refuse 'is for --method tunnel' --vip "$VIP" --method direct --tun-port 6080
refuse 'not in range' --vip "$VIP" --method tunnel --tun-port 0
refuse 'not in range' --vip "$VIP" --method tunnel --tun-port 65536
refuse 'cannot be a virtual address' --vip ::1 --method tunnel
refuse 'excludes' --vip "$VIP" --method direct --check --undo
expect_failure 'for root' at rs1 setpriv --reuid 65534 "$BIN/turnout" realserver --vip "$VIP" \
    --method direct
expect_equal "state after all that" "$before" "$(state_of rs1)"
