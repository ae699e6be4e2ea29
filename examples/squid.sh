# shellcheck shell=bash
# Squid on machines of a farm: sourced behind lib.sh by the farms that have it.

# Debian's AppArmor profile lets squid write to its usual folders only.
unconfined=()
if command -v aa-enabled >/dev/null && aa-enabled --quiet; then unconfined=(aa-exec -p unconfined --); fi

# start_squid WHO: with the squid.conf in its folder; ready once it takes connections at PORT.
start_squid() {
    local home=$LAB_STATE/$1
    chown -R proxy: "$home"
    # A name of its own each: what squid shares among its processes is found by it, on the whole host.
    nsenter --net="/run/netns/$LAB_NAME-$1" -- "${unconfined[@]}" \
        squid -N -n "$LAB_NAME$1" -f "$home/squid.conf" >"$home/squid.out" 2>&1 &
}

listens() { [[ -n $(at "$1" ss -Hltn "sport = :$2") ]]; }
