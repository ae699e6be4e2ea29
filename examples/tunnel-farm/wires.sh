# shellcheck shell=bash
# The tunnel farm's machines and wires: the servers are two routers away from their director.
#
#    clients ─┬─ client
#             ├─ director ─┐
#             └─ near ─────┴─ servers      the director's side
#                 │
#                 ═  between, of a small MTU
#                 │
#                far ─ beyond ─ rs1 rs2 …  the servers' side

narrow=1400

far_address() { echo "10.2.0.$((10 + $1))"; }

# lay_tunnel_wires SERVERS
lay_tunnel_wires() {
    local network i
    machine net
    for network in clients servers between beyond; do switch $network; done
    add_client clients
    add_director_two_arm
    add_near_router
    add_far_router
    for ((i = 1; i <= $1; i++)); do add_far_server "$i"; done
    ip -n "$LAB_NAME-director" route add 10.2.0.0/24 via 10.1.0.2
}

# What comes from the servers goes to the clients by itself; what is for the farm's address, to the
# director: errors about packets of the servers are.
add_near_router() {
    add_router near eth0 servers eth1 between eth2 clients
    configure near <<-END
		address add 10.1.0.2/24 dev eth0
		address add 10.3.0.1/30 dev eth1
		address add 203.0.113.2/24 dev eth2
		link set eth1 mtu $narrow
		route add 10.2.0.0/24 via 10.3.0.2
		route add $VIP/32 via $SERVER_GATEWAY_IPV4
	END
}

add_far_router() {
    add_router far eth0 between eth1 beyond
    configure far <<-END
		address add 10.3.0.2/30 dev eth0
		address add 10.2.0.1/24 dev eth1
		link set eth0 mtu $narrow
		route add default via 10.3.0.1
	END
}

# add_router NAME {DEVICE SWITCH}…
add_router() {
    machine "$1"
    tune "$1" net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
    local name=$1
    shift
    while [[ $# -gt 0 ]]; do
        cable "$name" "$1" "$2"
        shift 2
    done
}

add_far_server() {
    machine "rs$1"
    cable "rs$1" eth0 beyond
    configure "rs$1" <<-END
		address add $(far_address "$1")/24 dev eth0
		route add default via 10.2.0.1
	END
}
