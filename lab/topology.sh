# shellcheck shell=bash
# The lab's machines and wires, as network namespaces and veth pairs.
#
#   two-arm   client ── clients ── director ── servers ── rs1 rs2 …
#   one-arm   client, director and servers all on the switch "servers"
#
# NAT servers answer through the director, their default gateway.  Direct-routing and tunnel servers
# answer with the virtual address as source: with one arm straight to the client, with two arms
# through the director, the only way there is.

lay_wires() {
    local servers=$1 topology=$2 i
    local clients=clients
    [[ $topology == one-arm ]] && clients=servers

    machine net
    switch servers
    [[ $topology == two-arm ]] && switch clients
    add_client "$clients"
    "add_director_${topology//-/_}"
    for ((i = 1; i <= servers; i++)); do add_server "$i" "$topology"; done
}

# An IPv6 address can be used at once: nobody else has it, so none is asked for.
machine() {
    ip netns add "$LAB_NAME-$1"
    tune "$1" net.ipv6.conf.default.accept_dad=0
    ip -n "$LAB_NAME-$1" link set lo up
}

switch() { ip -n "$LAB_NAME-net" link add "$1" up type bridge; }

# cable WHO DEVICE SWITCH: the machine's DEVICE on the switch, both ends up.
cable() {
    local port=$1
    [[ $2 == eth0 ]] || port+=-$2
    ip link add "$2" netns "$LAB_NAME-$1" type veth peer name "$port" netns "$LAB_NAME-net"
    ip -n "$LAB_NAME-net" link set "$port" master "$3" up
    ip -n "$LAB_NAME-$1" link set "$2" up
}

# configure WHO: lines of `ip` commands on stdin.
configure() { ip -n "$LAB_NAME-$1" -batch -; }

add_client() {
    machine client
    cable client eth0 "$1"
    configure client <<-END
		address add $CLIENT_IPV4/24 dev eth0
		address add $CLIENT_IPV6/64 dev eth0
		route add default via $CLIENT_GATEWAY_IPV4
		route add default via $CLIENT_GATEWAY_IPV6
	END
}

add_director_two_arm() {
    machine director
    cable director eth0 clients
    cable director eth1 servers
    address_director eth0 eth1
    route_in_director
    # Answers of direct-routing and tunnel servers come in with our own virtual address as source.
    tune director net.ipv4.conf.eth1.accept_local=1
}

add_director_one_arm() {
    machine director
    cable director eth0 servers
    address_director eth0 eth0
    route_in_director
}

# address_director FRONT BACK: its addresses towards the clients and towards the servers.
address_director() {
    configure director <<-END
		address add $SERVER_GATEWAY_IPV4/24 dev $2
		address add $SERVER_GATEWAY_IPV6/64 dev $2
		address add $CLIENT_GATEWAY_IPV4/24 dev $1
		address add $CLIENT_GATEWAY_IPV6/64 dev $1
		address add $VIP_IPV4/32 dev $1
		address add $VIP_IPV6/128 dev $1
	END
}

# The director is the servers' gateway.  It must not tell them of a shorter way to the client:
# answers of NAT servers have to pass it.  With IPv6 it always tells, so they must not listen.
route_in_director() {
    tune director net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
        net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0 \
        net.ipv4.conf.eth0.send_redirects=0
}

add_server() {
    local name=rs$1
    machine "$name"
    cable "$name" eth0 servers
    tune "$name" net.ipv6.conf.eth0.accept_redirects=0
    configure "$name" <<-END
		address add $(server_address "$1" ipv4)/24 dev eth0
		address add $(server_address "$1" ipv6)/64 dev eth0
		route add default via $SERVER_GATEWAY_IPV4
		route add default via $SERVER_GATEWAY_IPV6
	END
    [[ $2 == two-arm ]] && return
    configure "$name" <<-END
		route add 203.0.113.0/24 dev eth0 table 100
		rule add from 198.51.100.0/24 table 100
		route add 2001:db8:203::/64 dev eth0 table 100
	END
    ip -n "$LAB_NAME-$name" -6 rule add from 2001:db8:198::/64 table 100
}

tune() { inside "$1" sysctl -qw "${@:2}"; }
