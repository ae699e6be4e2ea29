#!/bin/bash
# A real server takes off every tunnel that a director may send, and leaves alone all that is not one.
#
# The director is tunnel_wire.py, which can send whatever a test needs, super-packets included.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnout
[[ -e /dev/net/tun ]] || { echo "SKIPPED: this kernel has no TAP devices"; exit 77; }

VIP4=198.51.100.9 VIP6=2001:db8:f::9
OTHER4=198.51.100.10 OTHER6=2001:db8:f::10
GUE_PORT=6080  # as in tunnels.py
kinds=(ipip gre gre-csum gue gue-csum gue-remcsum gue-options gue1)

# machine WHO ADDRESS…: a namespace whose only wire is a TAP device.
machine() {
    local address
    ip netns add "$LAB_NAME-$1"
    at "$1" ip link set lo up
    at "$1" sysctl -qw net.ipv6.conf.default.accept_dad=0
    at "$1" ip tuntap add eth0 mode tap vnet_hdr
    # Room for the outer headers: no packet is longer than 65535 bytes.  No ARP: the wire knows all.
    at "$1" ip link set eth0 mtu 9000 gso_max_size 60000 arp off up
    for address in "${@:2}"; do at "$1" ip address add "$address" dev eth0; done
    at "$1" ip route add default dev eth0
    at "$1" ip -6 route add default dev eth0
}

take_off() { at rs1 "$BIN/turnout" realserver --vip "$1" --method tunnel --tun-port $GUE_PORT "${@:2}"; }

# wire WORD…: tells the wire, and what it answers.
wire() {
    local answer
    echo "$*" >&"$wire_in"
    read -r -t 5 answer <&"$wire_out" || answer="the wire has broken"
    echo "$answer"
}
case_is() { expect_equal "the wire, told of case $*" ok "$(wire case "$*")"; }

# echoes udp VIP [LENGTH [ECN]], echoes tcp VIP LENGTH: what the service says it got.
echoes() {
    local words=("$@")
    [[ $1 == tcp ]] || words=(udp "$2" "${3:-100}" "${4:-0}")
    at client /usr/bin/python3 "$tests/echo.py" "${words[@]}" 10
}

fate_is() { [[ $(wire fate) == "$1" ]]; }
packets_are() { [[ $(wire packets) == "$1" ]]; }

# goes_nowhere FATE WHAT VIP: nobody answers, and that is what became of the tunnel packet.
goes_nowhere() {
    expect_equal "$2" nothing "$(at client /usr/bin/python3 "$tests/echo.py" udp "$3" 100 0 0.2)"
    eventually 5 fate_is "$1" || fail "$2"
}

# stays_as_it_is CASE-WORDS OUTER VIP: the stack gets the packet and refuses it.  UDP without a
# checksum inside IPv6 it does not even refuse.
stays_as_it_is() {
    local fate=refused
    [[ $2 == 4 || $1 =~ ^(ipip|gre|gue-csum|gue-remcsum) ]] || fate=silence
    case_is "$1 outer=$2"
    goes_nowhere $fate "$1 inside IPv$2, to $3" "$3"
}

begin "setting up: a client and a server, IPv4 and IPv6"
labs+=("$LAB_NAME")
mkdir -p "$LAB_STATE"
machine client 203.0.113.10/32 2001:db8:c::10/128
machine rs1 10.1.0.11/32 2001:db8:1::11/128
at rs1 sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
coproc WIRE { exec /usr/bin/python3 "$tests/tunnel_wire.py" "$LAB_NAME-client" "$LAB_NAME-rs1"; }
exec {wire_out}<&"${WIRE[0]}" {wire_in}>&"${WIRE[1]}"
read -r -t 10 <&"$wire_out" || fail "the wire is not ready"
at rs1 ip address add "$OTHER4/32" dev lo
at rs1 ip address add "$OTHER6/128" dev lo
for vip in "$VIP4" "$VIP6"; do take_off "$vip" >/dev/null; done
nsenter --net="/run/netns/$LAB_NAME-rs1" -- /usr/bin/python3 "$tests/echo.py" serve \
    "$VIP4" "$VIP6" "$OTHER4" "$OTHER6" >"$LAB_STATE/echo" &
eventually 5 grep -q ready "$LAB_STATE/echo"

for offload in off on; do
    wire offload "$offload" >/dev/null
    for kind in "${kinds[@]}"; do
        begin "$kind, both families in both, offloads $offload"
        for outer in 4 6; do
            case_is "$kind outer=$outer"
            for vip in "$VIP4" "$VIP6"; do
                what="$vip inside IPv$outer"
                expect_equal "UDP, $what" "0 bytes, ECN 0" "$(echoes udp "$vip" 0)"
                expect_equal "UDP, $what" "1401 bytes, ECN 0" "$(echoes udp "$vip" 1401)"
                expect_equal "long UDP, $what" "8001 bytes, ECN 0" "$(echoes udp "$vip" 8001)"
                expect_equal "TCP, $what" "1000000 bytes" "$(echoes tcp "$vip" 1000000)"
            done
            pattern='^0$'
            [[ $offload == off ]] || pattern='^[1-9]'
            expect_match "number of super-packets" "$pattern" "$(wire super-packets)"
        done
    done
done
wire offload off >/dev/null

begin "congestion outside becomes congestion inside"
# Outer, inner, and what reaches the service (RFC 6040, figure 4).
for fields in '0 0 0' '0 1 1' '0 2 2' '0 3 3' '1 0 0' '1 1 1' '1 2 1' '1 3 3' \
    '2 0 0' '2 1 1' '2 2 2' '2 3 3' '3 1 3' '3 2 3' '3 3 3'; do
    read -r outside inside after <<<"$fields"
    for families in "4 $VIP4" "4 $VIP6" "6 $VIP4" "6 $VIP6"; do
        read -r outer vip <<<"$families"
        case_is "ipip outer=$outer ecn=$outside"
        expect_equal "ECN $inside to $vip inside IPv$outer with $outside" \
            "100 bytes, ECN $after" "$(echoes udp "$vip" 100 "$inside")"
    done
done

begin "congestion outside that the inner packet cannot carry drops it"
for outer in 4 6; do
    case_is "ipip outer=$outer ecn=3"
    for vip in "$VIP4" "$VIP6"; do goes_nowhere silence "$vip inside IPv$outer" "$vip"; done
done

begin "an outer header with options is taken off as well"
for kind in ipip gre gue-csum; do
    case_is "$kind odd=ip-options"
    for vip in "$VIP4" "$VIP6"; do
        expect_equal "$kind, $vip" "100 bytes, ECN 0" "$(echoes udp "$vip")"
    done
done

begin "packets inside for another address stay as they are"
for kind in "${kinds[@]}"; do
    for outer in 4 6; do
        stays_as_it_is "$kind" $outer "$OTHER4"
        stays_as_it_is "$kind" $outer "$OTHER6"
    done
done

for order in '' -backwards -first-last; do
    begin "fragments of tunnel packets are put together${order:+: }${order#-}"
    for kind in "${kinds[@]}"; do
        for outer in 4 6; do
            case_is "$kind outer=$outer odd=fragments$order"
            for vip in "$VIP4" "$VIP6"; do
                what="$kind, $vip inside IPv$outer"
                expect_equal "in one fragment, $what" "0 bytes, ECN 0" "$(echoes udp "$vip" 0)"
                expect_equal "in a few, $what" "1401 bytes, ECN 0" "$(echoes udp "$vip" 1401)"
                expect_equal "in many, $what" "8001 bytes, ECN 0" "$(echoes udp "$vip" 8001)"
            done
        done
    done
    for outer in 4 6; do
        case_is "ipip outer=$outer odd=fragments$order"
        expect_equal "TCP inside IPv$outer" "1000000 bytes" "$(echoes tcp "$VIP4" 1000000)"
    done
done

begin "congestion that one fragment met"
for outer in 4 6; do
    case_is "gre outer=$outer odd=fragments-congested ecn=2"
    expect_equal "inside IPv$outer" "1401 bytes, ECN 3" "$(echoes udp "$VIP4" 1401 2)"
    case_is "gre outer=$outer odd=fragments-congested"
    goes_nowhere silence "of a sender that cannot be told, inside IPv$outer" "$VIP4"
done

begin "fragments that do not make a packet are dropped"
for odd in twice overlapping missing many; do
    for outer in 4 6; do
        case_is "gue outer=$outer odd=fragments-$odd"
        expect_equal "$odd, inside IPv$outer" nothing \
            "$(at client /usr/bin/python3 "$tests/echo.py" udp "$VIP4" 3000 0 0.2)"
    done
done

begin "packets that miss a fragment, more than there is room for, make way for others"
case_is "gue odd=fragments-missing"
at client /usr/bin/python3 -c "
import socket
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(100): sender.sendto(bytes(1401), ('$VIP4', 80))"
eventually 5 packets_are 100
case_is "gue odd=fragments"
expect_equal "another" "1401 bytes, ECN 0" "$(echoes udp "$VIP4" 1401)"

begin "what is too long to be put together is left to the stack; out of order it is dropped"
at client ip link set eth0 mtu 20000
for odd in fragments fragments-first-last; do
    case_is "gre odd=$odd"
    expect_equal "16001 bytes, $odd" nothing \
        "$(at client /usr/bin/python3 "$tests/echo.py" udp "$VIP4" 16001 0 0.2)"
    [[ $odd != fragments ]] || eventually 5 fate_is refused
done
case_is "gre odd=fragments"
expect_equal "nearly as many" "15900 bytes, ECN 0" "$(echoes udp "$VIP4" 15900)"
at client ip link set eth0 mtu 9000

begin "check tells what became of fragments"
expect_match "check" "tunnel packets in fragments: [0-9]+ put together, [0-9]+ refused, \
[0-9]+ too long, [0-9]+ incomplete" "$(take_off "$VIP4" --check)"
# Whichever decapsulator comes first has them all.
counts=$(for vip in "$VIP4" "$VIP6"; do take_off "$vip" --check --json; done | jq -sc \
    '[.[].fragments] | [(map(.whole) | add), (map(.refused) | add), (map(.too_long) | add), (map(.incomplete) | add)]')
expect_match "counts" '^\[[1-9][0-9]*,[1-9][0-9]*,[1-9][0-9]*,[1-9][0-9]*\]$' "$counts"

begin "fragments inside for another address are left to the stack"
for kind in ipip gre gue; do
    for outer in 4 6; do
        for order in '' -backwards; do
            stays_as_it_is "$kind odd=fragments$order" $outer "$OTHER4"
        done
    done
done

begin "what is not quite a tunnel packet stays as it is"
for oddity in 'gre odd=gre-key' 'gre-csum odd=gre-key' 'gre odd=gre-version' 'gue odd=gue-control' \
    'gue-csum odd=gue-version' 'gue-csum odd=gue-flags' 'gue-remcsum odd=gue-flags' \
    'gue-remcsum odd=remcsum-flags' 'gue-csum odd=gue-length' 'gue-csum odd=udp-port' \
    'ipip odd=inner-length' 'gre odd=inner-length' 'gue-csum odd=inner-length' \
    'gue1 odd=inner-length' 'ipip odd=cut' 'gre odd=cut'; do
    for outer in 4 6; do stays_as_it_is "$oddity" $outer "$VIP4"; done
done

begin "what the stack throws away is thrown away"
for oddity in 'ipip ip-length' 'gue ip-length' 'gue udp-length' 'gue cut' 'gue1 cut' \
    'ipip ip-checksum'; do
    read -r kind odd <<<"$oddity"
    for outer in 4 6; do
        [[ $outer$odd != 6ip-checksum ]] || continue
        case_is "$kind outer=$outer odd=$odd"
        goes_nowhere silence "$kind with $odd, inside IPv$outer" "$VIP6"
    done
done

begin "a checksum left to us is not filled in for a damaged packet"
for odd in udp-checksum remcsum-start remcsum-field remcsum-before; do
    for outer in 4 6; do
        case_is "gue-remcsum outer=$outer odd=$odd"
        goes_nowhere silence "$odd, inside IPv$outer" "$VIP4"
    done
done

begin "a tunnel packet to another host goes on to it"
at rs1 sysctl -qw net.ipv4.conf.all.forwarding=1 net.ipv6.conf.all.forwarding=1
for outer in 4 6; do
    case_is "gue outer=$outer"
    expect_equal "to this host, IPv$outer" "100 bytes, ECN 0" "$(echoes udp "$VIP4")"
    case_is "gue outer=$outer odd=elsewhere"
    goes_nowhere "passed on" "inside IPv$outer" "$VIP4"
done
at rs1 sysctl -qw net.ipv4.conf.all.forwarding=0 net.ipv6.conf.all.forwarding=0

begin "check sees the port, undo takes everything back"
for vip in "$VIP4" "$VIP6"; do
    expect_match "check" 'this host is ready$' "$(take_off "$vip" --check)"
    expect_failure 'is present, with GUE at port 6080' at rs1 "$BIN/turnout" realserver \
        --vip "$vip" --method tunnel --check
done
at rs1 "$BIN/turnout" realserver --undo >/dev/null
expect_equal "filters" "" "$(at rs1 tc filter show dev eth0 ingress)"
expect_equal "addresses" "" "$(at rs1 ip -o address show dev lo to "$VIP6")"
case_is ipip
goes_nowhere refused "after undo" "$VIP4"

begin "without --tun-port GUE is left alone, the others are not"
for vip in "$VIP4" "$VIP6"; do
    at rs1 "$BIN/turnout" realserver --vip "$vip" --method tunnel >/dev/null
    stays_as_it_is gue-csum 6 "$vip"
    case_is "gre outer=6"
    expect_equal "GRE to $vip" "100 bytes, ECN 0" "$(echoes udp "$vip")"
done
