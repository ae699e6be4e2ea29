#!/bin/bash
# Paths that are narrower than the client's: whoever sends too much is told, by whoever notices, and
# what is in fragments arrives whole.
#
# Behind the servers' network a router leads to the machine "far", over a link of a small MTU.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lab/topology.sh
. "$root/lab/topology.sh"
# shellcheck source=tests/net/echo.sh
. "$tests/echo.sh"
needs turnoutd turnout ipvsadm

narrow=1400
upload=3000000

declare -A router=([ipv4]=10.1.0.200 [ipv6]=2001:db8:10::200)
declare -A far_side=([ipv4]=10.2.0.1 [ipv6]=2001:db8:20::1)
declare -A far=([ipv4]=10.2.0.10 [ipv6]=2001:db8:20::10)
declare -A time_exceeded=([ipv4]=11 [ipv6]=3)
declare -A overhead=([ipv4]=20 [ipv6]=40)  # of a tunnel

add_far() {
    machine router
    cable router eth0 servers
    switch beyond
    cable router eth1 beyond
    machine far
    cable far eth0 beyond
    ip -n "$LAB_NAME-router" link set eth1 mtu $narrow
    configure router <<-END
		address add ${router[ipv4]}/24 dev eth0
		address add ${router[ipv6]}/64 dev eth0 nodad
		address add ${far_side[ipv4]}/24 dev eth1
		address add ${far_side[ipv6]}/64 dev eth1 nodad
		route add default via $SERVER_GATEWAY_IPV4
		route add default via $SERVER_GATEWAY_IPV6
	END
    configure far <<-END
		address add ${far[ipv4]}/24 dev eth0
		address add ${far[ipv6]}/64 dev eth0 nodad
		route add default via ${far_side[ipv4]}
		route add default via ${far_side[ipv6]}
	END
    configure director <<-END
		route add 10.2.0.0/24 via ${router[ipv4]}
		route add 2001:db8:20::/64 via ${router[ipv6]}
	END
    tune router net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}

probe() { at client python3 "$tests/probe.py" "$@"; }
scrambled() { probe scrambled "$CLIENT" "$VIP" "$@"; }
expect_upload() { expect_equal "$1" "$upload bytes" "$(echo_client tcp "$2" $upload 20)"; }
expect_datagram() { expect_match "$1" "^$3 bytes" "$(echo_client udp "$2" "$3" 0 3)"; }

# What the client knows of the path to the service.
path_mtu() { ip -n "$LAB_NAME-client" route get "$VIP" | grep -o 'mtu [0-9]*' || echo 'mtu unknown'; }
up_lab
add_far
start_director
hash=$(sha256sum <"$LAB_STATE/www/large" | cut -d' ' -f1)
for family in ipv4 ipv6; do
    speak $family
    realserver far tunnel >/dev/null
    serve far "${far[$family]}" "$VIP"

    begin "$family: through a tunnel, a router's error reaches the client"
    only -i "${far[$family]}"
    expect_upload "an upload" "$VIP"
    expect_equal "the client knows" "mtu $((narrow - overhead[$family]))" "$(path_mtu)"

    begin "$family: by NAT, a router's error reaches the client"
    only -m "${far[$family]}"
    expect_upload "an upload" "$VIP"
    expect_equal "the client knows" "mtu $narrow" "$(path_mtu)"

    begin "$family: by direct routing, the director knows of a narrow path"
    realserver rs2 direct >/dev/null
    serve rs2 "$(server_address 2)" "$VIP"
    ip -n "$LAB_NAME-director" route add "$(server_address 2)" dev eth1 mtu lock $narrow
    only -g "$(server_address 2)"
    expect_upload "an upload" "$VIP"
    expect_equal "the client knows" "mtu $narrow" "$(path_mtu)"
    ip -n "$LAB_NAME-director" route del "$(server_address 2)" dev eth1

    begin "$family: by NAT, a server learns of a narrow path to the client"
    ip -n "$LAB_NAME-director" route add "$CLIENT" dev eth0 mtu lock $narrow
    only -m "$(server_address 1)"
    expect_equal "a download" "$hash" "$(download "$HOST" /large)"
    expect_match "the server knows" "mtu $narrow" \
        "$(ip -n "$LAB_NAME-rs1" route get "$CLIENT" | grep -o 'mtu [0-9]*')"
    ip -n "$LAB_NAME-director" route del "$CLIENT" dev eth0

    begin "$family: datagrams in fragments, by NAT and by direct routing"
    serve rs1 "$(server_address 1)"
    only -m "$(server_address 1)"
    expect_datagram "to the server" "$VIP" 4000
    expect_equal "from the server" "4000 bytes" "$(echo_client answer "$VIP" 4000 3)"
    only -g "$(server_address 2)"
    expect_datagram "to the server" "$VIP" 4000

    begin "$family: datagrams in fragments through a tunnel, which are too large for it"
    realserver rs3 tunnel >/dev/null
    serve rs3 "$(server_address 3)" "$VIP"
    only -i "$(server_address 3)"
    # Pieces do not wait for a neighbour's address.
    expect_datagram "a small one" "$VIP" 10
    # IPv6 is not fragmented on the way: the first time the client is told of the MTU.
    [[ $family == ipv4 ]] || echo_client udp "$VIP" 4000 0 1 >/dev/null 2>&1 || true
    expect_datagram "a large one" "$VIP" 4000

    if [[ $family == ipv4 ]]; then # IPv6 has no such thing
        begin "$family: without pmtu_disc nobody is told, and all that DF forbids to cut is cut"
        turnout set pmtu_disc 0
        only -i "$(server_address 3)"
        expect_datagram "a datagram with DF" "$VIP" 1472
        expect_equal "the client knows" "mtu unknown" "$(path_mtu)"
        turnout set pmtu_disc 1
    fi

    begin "$family: in any order"
    for order in 2,1,0 1,2,0 0,2,1; do
        expect_match "by direct routing, $order" '^2500 bytes' "$(scrambled 2500 $order)"
    done
    only -m "$(server_address 1)"
    for order in 2,1,0 1,2,0 0,2,1; do
        expect_match "by NAT, $order" '^2500 bytes' "$(scrambled 2500 $order)"
    done

    begin "$family: the director is a hop"
    expect_match "one hop" "^type ${time_exceeded[$family]} code 0 from $VIP\$" "$(probe hop "$VIP" 1)"
    expect_match "two hops" '^answered' "$(probe hop "$VIP" 2)"
    end_servers
done
