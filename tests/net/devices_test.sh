#!/bin/bash
# The director's interfaces may be of any kind that carries Ethernet frames: every method works over
# each, and between two of different kinds.
#
# One daemon sees devices come and go, front (to the clients) and back (to the servers).  What they put
# around a frame, the switch at the other end of the cable takes off.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lab/topology.sh
. "$root/lab/topology.sh"
# shellcheck source=tests/net/echo.sh
. "$tests/echo.sh"
needs turnoutd turnout ipvsadm
command -v ethtool >/dev/null || { echo "SKIPPED: ethtool is not installed"; exit 77; }

declare -A option=([nat]=-m [direct]=-g [tunnel]=-i)
declare -A server=([nat]=1 [direct]=2 [tunnel]=3)

# Of each end of the director: its cable, the port of the switch that it leads to, that switch, and
# the device that has the addresses.
declare -A cable=([front]=eth0 [back]=eth1)
declare -A port=([front]=director [back]=director-eth1)
declare -A switch=([front]=clients [back]=servers)
declare -A device

# --- kinds of devices --------------------------------------------------------------------------------

# The kernel's modules load when they are asked for; a kernel may lack them.
kernel_has() { ip -n "$LAB_NAME-net" link add link clients name trial type "$@" 2>/dev/null; }

has_kind() {
    local -A example=([tag]="vlan id 5" [two-tags]="vlan id 5" [bond]=bond)
    [[ -v example[$1] ]] || return 0
    # shellcheck disable=SC2086  # words of a command
    kernel_has ${example[$1]} || return 1
    ip -n "$LAB_NAME-net" link del trial
}

# tag WHO BELOW NAME KIND: NAME's frames are BELOW's, with one tag or two.
tag() {
    local below=$2
    if [[ $4 == two-tags ]]; then
        below=$3-outer
        ip -n "$LAB_NAME-$1" link add link "$2" name "$below" up type vlan proto 802.1ad id 7
    fi
    ip -n "$LAB_NAME-$1" link add link "$below" name "$3" up type vlan id 5
}

# dress END KIND
dress() {
    device[$1]=$1
    case $2 in
        plain) device[$1]=${cable[$1]} ;;
        tag | two-tags)
            tag director "${cable[$1]}" "$1" "$2"
            tag net "${port[$1]}" "$1" "$2"
            ip -n "$LAB_NAME-net" link set "${port[$1]}" nomaster
            ip -n "$LAB_NAME-net" link set "$1" master "${switch[$1]}"
            ;;
        bond)
            configure director <<-END
				link set ${cable[$1]} down
				link add $1 type bond mode active-backup miimon 100
				link set ${cable[$1]} master $1
				link set $1 up
			END
            eventually 5 is_left_out "${cable[$1]}" # its frames are the bond's
            ;;
        bridge) # one for both ends
            device[$1]=front
            [[ $1 == back ]] || ip -n "$LAB_NAME-director" link add front up type bridge
            ip -n "$LAB_NAME-director" link set "${cable[$1]}" master front
            ;;
    esac
}

undress() {
    local who name
    for who in director net; do
        for name in "$1" "$1-outer"; do ip -n "$LAB_NAME-$who" link del "$name" 2>/dev/null || true; done
    done
    ip -n "$LAB_NAME-director" link set "${cable[$1]}" up
    ip -n "$LAB_NAME-net" link set "${port[$1]}" master "${switch[$1]}"
}

# wear FRONT-KIND BACK-KIND: the addresses move to new devices, and everybody looks for them anew.
wear() {
    local who end
    for end in front back; do
        undress "$end"
        ip -n "$LAB_NAME-director" address flush dev "${cable[$end]}" scope global
    done
    dress front "$1"
    dress back "$2"
    address_director "${device[front]}" "${device[back]}"
    tune director "net.ipv4.conf.${device[back]}.accept_local=1"
    for who in client director rs1 rs2 rs3; do ip -n "$LAB_NAME-$who" neighbour flush all; done
    for end in front back; do eventually 5 is_served "${device[$end]}"; done
}

is_served() { [[ " $(served) " == *" $1 "* ]]; }
is_left_out() { ! is_served "$1"; }
served() {
    turnout status --json | /usr/bin/python3 -c 'import json, sys
print(*(i["name"] for i in json.load(sys.stdin)["interfaces"]))'
}

# --- what has to arrive ------------------------------------------------------------------------------

upload=3000000

# expect_carried DATAGRAM FAMILY…: both ways by every method, in streams and in datagrams of so many
# bytes.
expect_carried() {
    local family method
    for family in "${@:2}"; do
        speak "$family"
        for method in nat direct tunnel; do
            only "${option[$method]}" "$(server_address "${server[$method]}")"
            expect_equal "$family, $method: upload" "$upload bytes" "$(echo_client tcp "$VIP" $upload 20)"
            expect_equal "$family, $method: download" "$hash" "$(download "$HOST" /large)"
            expect_equal "$family, $method: datagram" "$1 bytes, ECN 0" "$(echo_client udp "$VIP" "$1" 0 3)"
            expect_equal "$family, $method: answer" "$1 bytes" "$(echo_client answer "$VIP" "$1" 3)"
        done
    done
}

# over FRONT-KIND BACK-KIND FAMILY…
over() {
    local kind
    begin "$1 to the clients, $2 to the servers$lane: ${*:3}"
    for kind in "$1" "$2"; do
        has_kind "$kind" || { echo "  left out: this kernel lacks the device"; return; }
    done
    wear "$1" "$2"
    expect_carried 4000 "${@:3}"
}
lane=

# everywhere COMMAND…: at both ends of every cable that packets take; END stands for a device.
everywhere() {
    local place
    for place in client:eth0 director:eth0 director:eth1 rs1:eth0 rs2:eth0 rs3:eth0; do
        at "${place%:*}" "${@/END/${place#*:}}"
    done
    for place in client rs1 rs2 rs3 director director-eth1; do at net "${@/END/$place}"; done
}

up_lab --no-dns
hash=$(sha256sum <"$LAB_STATE/www/large" | cut -d' ' -f1)
for family in ipv4 ipv6; do
    speak $family
    realserver rs2 direct >/dev/null
    realserver rs3 tunnel >/dev/null
done
serve rs1 "$(server_address 1 ipv4)" "$(server_address 1 ipv6)"
serve rs2 "$VIP_IPV4" "$VIP_IPV6"
serve rs3 "$VIP_IPV4" "$VIP_IPV6"
start_director

over tag tag ipv4 ipv6
over two-tags two-tags ipv4
over bond bond ipv6
over tag plain ipv4
over plain two-tags ipv6
over bridge bridge ipv4 ipv6

begin "what is bridged past the director is not its own"
speak ipv4
only -m "$(server_address 1)"
mac=$(ip -n "$LAB_NAME-rs2" -json link show eth0 | /usr/bin/python3 -c 'import json, sys
print(json.load(sys.stdin)[0]["address"])')
configure client <<-END
	address add 10.1.0.99/24 dev eth0
	neighbour replace 10.1.0.2 lladdr $mac dev eth0
	route add $VIP via 10.1.0.2 src 10.1.0.99
END
expect_equal "web by rs2" rs2 "$(web "$HOST")"
expect_equal "packets of the service" 0 "$(ipvsadm -Ln --stats --exact | awk '/^TCP.*:80/ {print $4 + $5}')"
configure client <<-END
	route del $VIP
	address del 10.1.0.99/24 dev eth0
END

begin "jumbo frames, offloads on"
wear plain plain
everywhere ip link set END mtu 9000
expect_carried 20000 ipv4 ipv6

begin "jumbo frames, offloads off"
everywhere ethtool -K END tso off gso off gro off
expect_carried 20000 ipv4
everywhere ip link set END mtu 1500

# What generic XDP needs of the far end: checksums and tags in the frame, not beside it.
for end in front back; do
    at net ethtool -K "${port[$end]}" tx off tx-vlan-offload off tx-vlan-stag-hw-insert off >/dev/null
done
end_director TERM
start_director --xdp generic
lane=', generic XDP'
over plain plain ipv6
over tag tag ipv4
over tag plain ipv6

# warned: whether turnoutd warned, in the words of which device and cure.
warned() { grep -o 'eth0: .*VLANs.*ethtool -K eth0 rxvlan off' "$LAB_STATE/turnoutd.log" | cut -c1-5; }

begin "turnoutd warns where XDP is asked for and tags are taken off before it"
if has_kind tag; then
    wear plain plain
    at director ip link add link eth0 name eth0.9 type vlan id 9
    for state in on off; do
        at director ethtool -K eth0 rxvlan $state >/dev/null
        for mode in generic auto; do
            end_director TERM
            start_director --xdp $mode
            expected=
            [[ $state-$mode != on-generic ]] || expected=eth0:
            expect_equal "warning with rxvlan $state, --xdp $mode" "$expected" "$(warned || true)"
        done
    done
else
    echo "  left out: this kernel lacks the device"
fi
