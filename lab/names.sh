# shellcheck shell=bash
# What a lab is called and where its parts are: sourced by everything that builds or uses one.
#
# A lab NAME owns the namespaces NAME-net (the switches), NAME-client, NAME-director, NAME-rs1 …
# and the folder /run/turnout-lab/NAME.  Whatever carries its name belongs to it: that is all `down`
# needs to know, so it also clears away a lab whose `up` was killed.
# shellcheck disable=SC2034  # its readers use what is set here

LAB_NAME=${LAB_NAME:-lab}
LAB_STATE=/run/turnout-lab/$LAB_NAME

# Where our programs are.
BIN=${TURNOUT_BIN:-$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../build/release/bin}
# What leads programs made for IPVS to the director, by LD_PRELOAD.
PRELOAD=${TURNOUT_PRELOAD:-$BIN/../lib/libturnout-ipvs.so}

# Every machine has addresses of both families; the lab's own is that of its virtual address.
LAB_FAMILY=${LAB_FAMILY:-$(cat "$LAB_STATE/family" 2>/dev/null || echo ipv4)}

VIP_IPV4=198.51.100.1
CLIENT_IPV4=203.0.113.10
CLIENT_GATEWAY_IPV4=203.0.113.1
SERVER_GATEWAY_IPV4=10.1.0.1

VIP_IPV6=2001:db8:198::1
CLIENT_IPV6=2001:db8:203::10
CLIENT_GATEWAY_IPV6=2001:db8:203::1
SERVER_GATEWAY_IPV6=2001:db8:10::1

die() {
    printf 'lab: %s\n' "$*" >&2
    exit 1
}

[[ $LAB_NAME =~ ^[a-z0-9]{1,20}$ ]] ||
    die "LAB_NAME '$LAB_NAME' cannot name a lab: use up to 20 small letters and digits"

# host ADDRESS: as it is written before a port.
host() { if [[ $1 == *:* ]]; then echo "[$1]"; else echo "$1"; fi; }

# speak FAMILY: what VIP, CLIENT and server_address stand for; HOST is the VIP before a port.
speak() {
    export LAB_FAMILY=$1
    case $LAB_FAMILY in
        ipv4) VIP=$VIP_IPV4 CLIENT=$CLIENT_IPV4 ;;
        ipv6) VIP=$VIP_IPV6 CLIENT=$CLIENT_IPV6 ;;
        *) die "LAB_FAMILY '$LAB_FAMILY' is neither ipv4 nor ipv6" ;;
    esac
    HOST=$(host "$VIP")
}
speak "$LAB_FAMILY"

# server_address NUMBER [FAMILY]: rs1 is 10.1.0.11 and 2001:db8:10::11.
server_address() {
    case ${2:-$LAB_FAMILY} in
        ipv4) echo "10.1.0.$((10 + $1))" ;;
        ipv6) echo "2001:db8:10::$((10 + $1))" ;;
    esac
}

namespaces() { find /run/netns -maxdepth 1 -name "$LAB_NAME-*" -printf '%f\n' 2>/dev/null | sort -V; }

# inside WHO CMD…: runs CMD as one of the lab's machines.  Only the network is another: files,
# mounts and process numbers stay those of the host.
inside() {
    [[ -e /run/netns/$LAB_NAME-$1 ]] ||
        die "lab '$LAB_NAME' has no '$1': \`./run lab status\` shows what is up"
    nsenter --net="/run/netns/$LAB_NAME-$1" -- "${@:2}"
}
