# shellcheck shell=bash
# The network that farms of direct routing stand in: sourced by them behind lib.sh.
#
#   client ── router ──┬── director    198.51.100.2, and the VIP 198.51.100.1
#                      ├── a server    198.51.100.45
#                      └── …
#
# Director and servers are neighbours on one switch, with the router as everybody's gateway, so that
# a server's answer goes to the client without passing the director.  Every server owns the VIP as
# well, quietly: the router's question who has it is answered by the director alone.

# Servers that are not root read what is written for them.
umask 022

ROUTER=198.51.100.254
DIRECTOR=198.51.100.2

lay_street() {
    machine net
    switch clients
    switch street
    add_client clients
    machine router
    cable router eth0 clients
    cable router eth1 street
    tune router net.ipv4.ip_forward=1
    configure router <<-END
		address add $CLIENT_GATEWAY_IPV4/24 dev eth0
		link set eth1 address $(hardware $ROUTER)
		address add $ROUTER/24 dev eth1
	END
    neighbour director $DIRECTOR
    ip -n "$LAB_NAME-director" address add "$VIP/32" dev eth0
    tune director net.ipv4.ip_forward=1 net.ipv4.conf.{all,default,eth0}.send_redirects=0
}

# neighbour WHO ADDRESS: one more machine on the street.
neighbour() {
    machine "$1"
    cable "$1" eth0 street
    configure "$1" <<-END
		link set eth0 address $(hardware "$2")
		address add $2/24 dev eth0
		route add default via $ROUTER
	END
}

# hardware ADDRESS: of whoever has this address on the street.
hardware() {
    local IFS=.
    # shellcheck disable=SC2086  # split at the dots
    printf '02:00:%02x:%02x:%02x:%02x' $1
}

# know DEVICE ADDRESS: the line for `ip -batch` that makes a neighbour known for good.
know() { echo "neighbour replace $2 lladdr $(hardware "$2") dev $1 nud permanent"; }

# hide WHO ADDRESS…: the machine owns the addresses, and the network does not hear of it.  This is what
# `turnout realserver --method direct` does, without the notes for its --undo.
hide() {
    tune "$1" net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
    printf 'address add %s/32 dev lo\n' "${@:2}" | configure "$1"
}

# vip_is_at: whose hardware answers when the router asks the street who has the VIP.
vip_is_at() {
    ip -n "$LAB_NAME-router" neighbour flush to "$VIP" dev eth1
    at client curl -so /dev/null --max-time 10 "http://$VIP/" || true
    ip -n "$LAB_NAME-router" neighbour show "$VIP" dev eth1 | awk '{ print $3 }'
}
