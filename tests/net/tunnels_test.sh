#!/bin/bash
# Every kind of tunnel to a real server, of both families in both, with super-packets and without: a
# service behind it gets everything whole, and what is on its wire is right to the last checksum.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm
command -v ethtool >/dev/null || { echo "SKIPPED: ethtool is not installed"; exit 77; }

GUE_PORT=6080  # as in tunnels.py
export ECHO_PORT=7
kinds=(ipip gre gre-csum gue gue-csum gue-remcsum)

# options_of KIND: of ipvsadm.
options_of() {
    local type=${1%%-*} port=''
    [[ $type != gue ]] || port="--tun-port $GUE_PORT"
    [[ $1 == "$type" ]] || echo "--tun-${1#*-}"
    echo "--tun-type $type $port"
}

# lead_by KIND OUTER: both families' services by rs1's tunnel.  Connections of the services before go
# as well: a client that came upon the port of one would wait for a server that is no longer there.
lead_by() {
    local family server
    server=$(server_address 1 "$2")
    ipvsadm -C
    turnout connection delete --all >/dev/null
    for family in ipv4 ipv6; do
        speak $family
        for service in "-t $HOST:$ECHO_PORT" "-u $HOST:$ECHO_PORT"; do
            # shellcheck disable=SC2046,SC2086  # options and their values
            ipvsadm -A $service -s rr &&
                ipvsadm -a $service -r "$server" -i $(options_of "$1")
        done
    done
}

# echoes udp LENGTH, echoes tcp LENGTH: what the service says it got.
echoes() {
    local words=(tcp "$VIP" "$2")
    [[ $1 == tcp ]] || words=(udp "$VIP" "$2" 0)
    at client /usr/bin/python3 "$tests/echo.py" "${words[@]}" 10
}

# What was on the server's wire since the last time.
seen() {
    local answer
    sleep 0.1
    echo >&"$watch_in"
    read -r -t 5 answer <&"$watch_out" || answer="the watch has ended"
    echo "$answer"
}

datagrams() { at client /usr/bin/python3 "$tests/datagrams.py" "$1" "$VIP" 8 "$2"; }

expect_all_whole() {
    expect_equal "UDP, $what" "1 bytes, ECN 0" "$(echoes udp 1)"
    expect_equal "long UDP, $what" "1301 bytes, ECN 0" "$(echoes udp 1301)"
    expect_equal "UDP super-packets, $what" "8 of 8" "$(datagrams super 1201)"
    [[ $family == ipv6 ]] ||
        expect_equal "UDP without a checksum, $what" "8 of 8" "$(datagrams bare 1201)"
    expect_equal "TCP, $what" "3000000 bytes" "$(echoes tcp 3000000)"
}

# as_on_a_wire: packets leave the director as they would by a plain network card: cut up, whole
# checksums.  Else the next one gets them as they are, super-packets too.
as_on_a_wire() { at director ethtool -K eth1 tx off gso off tso off >/dev/null 2>&1; }

# expect_seen KIND: what the watch has to say of a round of expect_all_whole.  What is left to the
# hardware has no right checksums yet, and what is to be cut up none at all.
expect_seen() {
    local saw checksums='[1-9][0-9]*'
    saw=$(seen)
    if [[ $wire == offloading ]]; then
        expect_match "$what, super-packets" "^${1%%-*}: .*, at most [0-9]{5} bytes" "$saw"
        return
    fi
    [[ $1 == *csum ]] || checksums=0
    expect_match "$what, on the wire" "^${1%%-*}: [0-9]{2,} packets, $checksums with a checksum, at \
most 1[45][0-9]{2} bytes, no faults$" "$saw"
}

up_lab --servers 1
start_director
for family in ipv4 ipv6; do
    speak $family
    realserver rs1 tunnel --tun-port $GUE_PORT >/dev/null
done
nsenter --net="/run/netns/$LAB_NAME-rs1" -- /usr/bin/python3 "$tests/echo.py" serve \
    "$VIP_IPV4" "$VIP_IPV6" >"$LAB_STATE/echo" &
eventually 5 grep -q ready "$LAB_STATE/echo"
coproc WATCH { exec nsenter --net="/run/netns/$LAB_NAME-rs1" -- \
    /usr/bin/python3 "$tests/tunnel_watch.py"; }
exec {watch_out}<&"${WATCH[0]}" {watch_in}>&"${WATCH[1]}"
read -r -t 10 <&"$watch_out" || fail "the watch is not ready"

# The stack of a server on the same machine loses such super-packets in GUE: docs/user/real-servers.md.
at director ethtool -K eth1 tx-udp-segmentation off >/dev/null

for wire in offloading plain; do
    [[ $wire == offloading ]] || as_on_a_wire
    for kind in "${kinds[@]}"; do
        begin "$kind, both families in both, $wire wire"
        for outer in ipv4 ipv6; do
            lead_by "$kind" $outer
            for family in ipv4 ipv6; do
                speak $family
                what="$family inside $outer"
                expect_all_whole
                expect_seen "$kind"
            done
        done
    done
done

# What is too large for a tunnel and may be fragmented: the director cuts it, the server puts it together.
speak ipv4
for kind in "${kinds[@]}"; do
    begin "$kind in pieces, IPv4 inside both families"
    for outer in ipv4 ipv6; do
        lead_by "$kind" $outer
        what="ipv4 inside $outer"
        expect_equal "a datagram, $what" "1472 bytes, ECN 0" "$(at client /usr/bin/python3 \
            "$tests/echo.py" whole "$VIP" 1472 5)"
        expect_equal "one in fragments, $what" "6000 bytes, ECN 0" "$(echoes udp 6000)"
    done
done
