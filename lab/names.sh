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

VIP=198.51.100.1
CLIENT=203.0.113.10
CLIENT_GATEWAY=203.0.113.1
SERVER_GATEWAY=10.1.0.1

die() {
    printf 'lab: %s\n' "$*" >&2
    exit 1
}

[[ $LAB_NAME =~ ^[a-z0-9]{1,20}$ ]] ||
    die "LAB_NAME '$LAB_NAME' cannot name a lab: use up to 20 small letters and digits"

server_address() { echo "10.1.0.$((10 + $1))"; }

namespaces() { find /run/netns -maxdepth 1 -name "$LAB_NAME-*" -printf '%f\n' 2>/dev/null | sort -V; }

# inside WHO CMD…: runs CMD as one of the lab's machines.  Only the network is another: files,
# mounts and process numbers stay those of the host.
inside() {
    [[ -e /run/netns/$LAB_NAME-$1 ]] ||
        die "lab '$LAB_NAME' has no '$1': \`./run lab status\` shows what is up"
    nsenter --net="/run/netns/$LAB_NAME-$1" -- "${@:2}"
}
