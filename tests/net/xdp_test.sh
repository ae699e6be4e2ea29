#!/bin/bash
# The fast lane on live interfaces: native and generic XDP carry every method, and come off again.
#
# That packets took it is told by tc: its counter on an interface grows with what the fast lane has
# passed on, while the service's own counters grow with what either lane has forwarded.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm
command -v ethtool >/dev/null || { echo "SKIPPED: ethtool is not installed"; exit 77; }

# lanes: "eth0:native eth1:native"; lo has none but tc
lanes() {
    turnout status --json | /usr/bin/python3 -c 'import json, sys
print(*sorted(i["name"] + ":" + i["xdp"] for i in json.load(sys.stdin)["interfaces"] if i["name"] != "lo"))'
}

# seen_by_tc DEVICE: packets that reached tc ingress, as its qdisc counts them.
seen_by_tc() {
    at director tc -s qdisc show | awk -v device="$1" \
        '$1 == "qdisc" {ours = $2 == "clsact" && $5 == device} ours && /Sent/ {n = $4} END {print n + 0}'
}

# Packets of both services since they were made: requests and replies.
forwarded() { ipvsadm -Ln --stats --exact | awk '/^(TCP|UDP)/ {i += $4; o += $5} END {print i, o}'; }

# What XDP asks of a veth pair's far end: whole checksums, a queue for redirected frames, and for
# frames that go back where they came from an XDP program, here that of an idle director.
prepare_wires() {
    at net ethtool -K director tx off >/dev/null
    if [[ $topology == one-arm ]]; then
        at net "$BIN/turnoutd" --state none --interface director --xdp native >"$LAB_STATE/idle.log" 2>&1 &
        eventually 10 grep READY "$LAB_STATE/idle.log"
    else
        at net ethtool -K director gro on >/dev/null
        at net ethtool -K director-eth1 tx off gro on >/dev/null
    fi
}

# serve_by METHOD: rs1 by NAT, rs2 by direct routing or rs3 by a tunnel, alone behind each service.
serve_by() {
    local service
    local -A server=([nat]="$(server_address 1) -m" [direct]="$(server_address 2) -g"
                     [tunnel]="$(server_address 3) -i"
                     [gue]="$(server_address 3) -i --tun-type gue --tun-port 6080"
                     [gre]="$(server_address 3) -i --tun-type gre --tun-csum")
    ipvsadm -C
    for service in "-t $HOST:80" "-u $HOST:53"; do
        # shellcheck disable=SC2086  # options and their values
        ipvsadm -A $service -s rr
        # shellcheck disable=SC2086
        ipvsadm -a $service -r ${server[$1]}
    done
}

# Ports that no earlier flow has used: that one may belong to a removed server.
expect_traffic() {
    local name=$1
    first_port=$((first_port + 200))
    expect_equal "web" "$name $name $name" "$(traffic tcp "$VIP" 80 "$first_port-$((first_port + 2))")"
    expect_equal "name service, many flows" "$name" "$(traffic udp "$VIP" 53 \
        "$first_port-$((first_port + 199))" --timeout 1 | tr ' ' '\n' | sort -u)"
    for _ in 1 2; do expect_equal "a large file" "$hash" "$(download "$HOST" /large)"; done
    expect_match "answer of nginx to a large POST" '^405$' "$(at client curl -sS -o /dev/null \
        -w '%{http_code}' --max-time 20 --data-binary "@$LAB_STATE/upload" "http://$HOST/large")"
}

# expect_fast WHAT FORWARDED SEEN: next hops are looked up once a second by tc, all else is XDP's.
expect_fast() {
    [[ $2 -ge 200 ]] || fail "$1: only $2 packets were forwarded"
    [[ $(($3 * 5)) -lt $2 ]] || fail "$1: of $2 forwarded packets tc has seen $3"
    echo "  $1: $2 forwarded, $3 seen by tc"
}

try() {
    local method=$1 name=$2 eth0 eth1 requests replies
    serve_by "$method"
    eth0=$(seen_by_tc eth0) eth1=$(seen_by_tc eth1)
    expect_traffic "$name"
    read -r requests replies <<<"$(forwarded)"
    eth0=$(($(seen_by_tc eth0) - eth0)) eth1=$(($(seen_by_tc eth1) - eth1))
    if [[ $topology == one-arm ]]; then
        expect_fast "requests and replies" $((requests + replies)) "$eth0"
    else
        expect_fast requests "$requests" "$eth0"
        # Replies of the other methods are routed, not forwarded.
        [[ $method != nat ]] || expect_fast replies "$replies" "$eth1"
    fi
}

# MTU 9000 on every wire and switch.
widen() {
    local machine device
    for machine in net client director rs1 rs2 rs3; do
        for device in $(ip -n "$LAB_NAME-$machine" -o link | awk -F'[ :@]+' '$2 != "lo" {print $2}'); do
            ip -n "$LAB_NAME-$machine" link set "$device" mtu 9000 2>/dev/null || true
        done
    done
    expect_match "the director's interface" 'mtu 9000' "$(ip -n "$LAB_NAME-director" link show eth0)"
}

restart() {
    end_director TERM
    start_director "$@"
    count_ingress_alone
}

# The qdisc counts at egress, too, where there is a filter; forwarded packets do not need ours.
count_ingress_alone() {
    local device
    for device in eth0 eth1; do at director tc filter del dev $device egress 2>/dev/null || true; done
}

prepare_lab() {
    up_lab --topology "$topology"
    prepare_wires
    realserver rs2 direct >/dev/null
    realserver rs3 tunnel --tun-port 6080 >/dev/null
    eventually 5 at rs2 dig +short +tries=1 +time=1 TXT who.lab.test "@$VIP"
    eventually 5 at rs3 dig +short +tries=1 +time=1 TXT who.lab.test "@$VIP"
    head -c 900K /dev/zero >"$LAB_STATE/upload"
    hash=$(sha256sum <"$LAB_STATE/www/large" | cut -d' ' -f1)
}

# One daemon follows another: the new mode takes the place of the old.
try_modes() {
    local mode method
    start_director --xdp off
    for mode in native generic; do
        restart --xdp "$mode"
        expect_match "lanes" "^eth0:$mode( eth1:$mode)?\$" "$(lanes)"
        for method in 'nat rs1' 'direct rs2' 'tunnel rs3' 'gue rs3' 'gre rs3'; do
            begin "$topology, $mode: $method"
            # shellcheck disable=SC2086
            try $method
        done
    done
}

first_port=20000
topology=one-arm
prepare_lab
try_modes
turnout down >/dev/null
"$root/lab/lab" down

topology=two-arm
prepare_lab
try_modes

begin "from generic back to native"
restart --xdp native
expect_equal "lanes" "eth0:native eth1:native" "$(lanes)"

begin "off takes XDP away, in the middle of a download"
serve_by nat
download "$HOST" /slow >"$LAB_STATE/hash" &
running=$!
sleep 1
restart --xdp off
expect_equal "lanes" "eth0:off eth1:off" "$(lanes)"
expect_equal "XDP programs on the director" "" "$(at director ip link | grep -o 'xdp[a-z]* ' || true)"
before=$(seen_by_tc eth0)
expect_equal "web" "rs1" "$(web "$HOST")"
[[ $(seen_by_tc eth0) -gt $before ]] || fail "tc does not see the requests"
wait "$running"
expect_equal "hash of the download" "$hash" "$(cat "$LAB_STATE/hash")"

begin "jumbo frames, which lie in several parts"
end_director TERM
widen
start_director --xdp native
for method in 'nat rs1' 'direct rs2' 'tunnel rs3'; do
    read -r method name <<<"$method"
    serve_by "$method"
    expect_traffic "$name"
done
serve_by nat

begin "auto leaves virtual devices to tc"
restart --xdp auto
expect_equal "lanes" "eth0:off eth1:off" "$(lanes)"

begin "a driver without native XDP is named"
ip -n "$LAB_NAME-director" link add plain0 up type bridge
end_director TERM
for options in '' '--interface plain0'; do
    # shellcheck disable=SC2086
    expect_failure 'plain0: .*no native XDP.*--xdp' \
        at director timeout 60 "$BIN/turnoutd" --xdp native $options
    expect_equal "web by the data plane that was there" "rs1" "$(web "$HOST")"
done

begin "an attempt that fails leaves no data plane behind"
turnout down >/dev/null
expect_failure 'no native XDP' at director timeout 60 "$BIN/turnoutd" --xdp native
expect_failure 'no data plane' turnout status
expect_equal "qdiscs" "" "$(at director tc qdisc show | grep clsact || true)"
