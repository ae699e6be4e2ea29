#!/bin/bash
# A real server's MSS clamp: an upload through a tunnel that does not fit goes through, though nobody
# is told of the path's MTU.
#
# The client drops the errors that would tell it: what many firewalls do.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

export ECHO_PORT=7
upload=300000

# Of 1500 bytes, beside 48 or 60 of outer headers.
declare -A fitting=([ipv4]=1412 [ipv6]=1392)
declare -A fitting_gue=([ipv4]=1400 [ipv6]=1380)
declare -A tables=([ipv4]=iptables [ipv6]=ip6tables)
timestamps=12  # a TCP option in every segment, at the cost of its data

limit() { realserver rs1 tunnel "$@" >/dev/null; }
unlimit() { at rs1 "$BIN/turnout" realserver --undo --vip "$VIP" >/dev/null; }

# The one server, by a tunnel of that kind.
by_tunnel() {
    ipvsadm -C
    ipvsadm -A -t "$HOST:$ECHO_PORT" -s rr
    ipvsadm -a -t "$HOST:$ECHO_PORT" -r "$(host "$(server_address 1)"):$ECHO_PORT" -i "$@"
}

# upload [SECONDS]: what the service says it got.
upload() { at client python3 "$tests/echo.py" tcp "$VIP" $upload "${1:-20}"; }
expect_told() {
    expect_equal "$1, a segment of the client" "$(($2 - timestamps)) bytes" \
        "$(at client python3 "$tests/echo.py" segment "$VIP" 20)"
}

# serve: the echo service of both virtual addresses.  It takes one connection at a time.
serve() {
    # Not through a function: $! is to be the service itself.
    nsenter --net="/run/netns/$LAB_NAME-rs1" -- \
        python3 "$tests/echo.py" serve "$VIP_IPV4" "$VIP_IPV6" >"$LAB_STATE/echo" &
    service=$!
    eventually 30 grep -q ready "$LAB_STATE/echo"
}
end_service() {
    kill "$service"
    wait "$service" 2>/dev/null || true
}

drop_errors() {
    at client iptables -A INPUT -p icmp --icmp-type fragmentation-needed -j DROP &&
        at client ip6tables -A INPUT -p icmpv6 --icmpv6-type packet-too-big -j DROP
}
dropped() { at client "$1" -nvxL INPUT | awk '$3 == "DROP" { print $1 }'; }

up_lab --servers 1
drop_errors >/dev/null 2>&1 || { echo "SKIPPED: this kernel has no iptables"; exit 77; }
# What servers leave of their checksums to hardware is finished here, and verified by the client.
at director ethtool -K eth0 tx off >/dev/null
start_director
for VIP in "$VIP_IPV4" "$VIP_IPV6"; do limit --tun-port 6080; done
serve

for family in ipv4 ipv6; do
    speak $family
    begin "$family: without a limit, and without errors, an upload stalls"
    by_tunnel
    expect_equal "an upload" nothing "$(upload 2)"
    expect_match "errors that the client did not hear" '^[1-9]' "$(dropped "${tables[$family]}")"
    end_service
    serve
    unlimit

    begin "$family: with one it goes through, by any tunnel"
    limit --tun-port 6080 --mss auto
    for kind in ipip gre gue; do
        options=(--tun-type "$kind")
        [[ $kind != gue ]] || options+=(--tun-port 6080)
        by_tunnel "${options[@]}"
        expect_equal "an upload by $kind" "$upload bytes" "$(upload)"
    done
    expect_told "with GUE" "${fitting_gue[$family]}"
    unlimit

    begin "$family: wherever the checksum is made"
    limit --mss auto
    by_tunnel
    for offload in off on; do
        at rs1 ethtool -K eth0 tx $offload >/dev/null
        expect_told "offloads $offload" "${fitting[$family]}"
    done
    unlimit

    begin "$family: check and a second run follow the MTU, undo leaves nothing"
    limit --mss auto
    ip -n "$LAB_NAME-rs1" link set eth0 mtu 1400
    expect_failure "MSS clamp on eth0 is at ${fitting[$family]}.*should be at $((fitting[$family] - 100)).*--mss auto" \
        realserver rs1 tunnel --mss auto --check
    limit --mss auto
    expect_match "check" 'this host is ready$' "$(realserver rs1 tunnel --mss auto --check)"
    expect_told "with a smaller MTU" $((fitting[$family] - 100))
    unlimit
    ip -n "$LAB_NAME-rs1" link set eth0 mtu 1500
    expect_equal "filters" "" "$(at rs1 tc filter show dev eth0 egress)"
    limit # and the address is back
done

begin "each virtual address has its own"
unlimit
speak ipv4
unlimit
by_tunnel
limit --mss 1000
VIP=198.51.100.8 limit --mss 1200
VIP=$VIP_IPV6 limit --mss 1300
expect_told "of 1000" 1000
at rs1 "$BIN/turnout" realserver --undo --vip 198.51.100.8 >/dev/null
expect_told "of 1000" 1000
expect_match "check of the other" 'at 1300.*this host is ready$' \
    "$(VIP=$VIP_IPV6 realserver rs1 tunnel --mss 1300 --check)"

begin "a limit above the client's own changes nothing"
unlimit
limit --mss 9000
expect_told "of 9000" 1460

begin "another limit takes an undo, nonsense changes nothing"
before=$(at rs1 tc filter show dev eth0 egress)
expect_failure 'use --undo first' realserver rs1 tunnel --mss 1200
expect_failure 'use --undo first' realserver rs1 tunnel
for mss in 0 87 32768 65537 -5 most; do
    expect_failure "'$mss' is neither auto nor a number from 88" realserver rs1 tunnel --mss=$mss
done
VIP=198.51.100.8 expect_failure 'for --method tunnel' realserver rs1 direct --mss 1360
expect_equal "filters" "$before" "$(at rs1 tc filter show dev eth0 egress)"
at rs1 "$BIN/turnout" realserver --undo >/dev/null
expect_equal "tc after undo" "" "$(at rs1 tc qdisc show dev eth0 clsact)"
