# shellcheck shell=bash
# The programs of Turnout, run where they belong in the lab: sourced by the demo, tests and bench.

at() { inside "$@"; }
ipvsadm() { inside director "$BIN/ipvsadm" "$@"; }
turnout() { inside director "$BIN/turnout" "$@"; }

# realserver WHO METHOD [OPTION…]
realserver() { inside "$1" "$BIN/turnout" realserver --vip "$VIP" --method "$2" "${@:3}"; }

# start_director [OPTION…]: turnoutd in the director, returning once packets are forwarded.  It saves
# nothing, so that no lab begins with what an earlier one left.  LAB_XDP: its --xdp, if no OPTION is.
start_director() {
    local log=$LAB_STATE/turnoutd.log tries options=(--state none "$@")
    [[ " $* " == *" --xdp"[\ =]* ]] || options+=(--xdp "${LAB_XDP:-auto}")
    : >"$log"
    # Not through a function: $! is to be turnoutd itself.
    nsenter --net="/run/netns/$LAB_NAME-director" -- "$BIN/turnoutd" "${options[@]}" >"$log" 2>&1 &
    director_pid=$!
    for ((tries = 0; tries < 600; tries++)); do
        grep -q '^READY' "$log" && return
        kill -s 0 "$director_pid" 2>/dev/null || break
        sleep 0.1
    done
    die "turnoutd did not become ready; it said:
$(cat "$log")"
}

# end_director SIGNAL: ends turnoutd; the data plane goes on.
end_director() {
    kill -s "$1" "$director_pid"
    wait "$director_pid" 2>/dev/null || true
}
