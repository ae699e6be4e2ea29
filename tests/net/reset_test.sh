#!/bin/bash
# A service that ends idle TCP connections with a RST to both ends, by every method and in both
# families; without a daemon, and without that wish, they expire in silence.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

PORT=8080

ends_at_server() { cat "$LAB_STATE/ends"; }
server_saw() { [[ $(ends_at_server) == "$1" ]]; }
listed() { ipvsadm -Lnc | grep -E "$(literally "$HOST:$PORT") " || true; }

# serve METHOD OPTION [OPTION…]: one server by that method, whose established connections may be idle
# for 5 s; a director with those options.
serve() {
    up_lab --servers 1 --no-dns
    [[ $1 == nat ]] || realserver rs1 "$1" >/dev/null
    start_director "${@:3}"
    ipvsadm -A -t "$HOST:$PORT" -s rr
    ipvsadm -a -t "$HOST:$PORT" -r "$(host "$(server_address 1)"):$PORT" "$2"
    turnout service set "tcp:$HOST:$PORT" --timeout established=5s
    listen "$([[ $1 == nat ]] && server_address 1 || echo "$VIP")"
}

# The lab ends it, for it runs in the lab's namespace.
listen() {
    nsenter --net="/run/netns/$LAB_NAME-rs1" -- \
        /usr/bin/python3 "$tests/idle.py" serve "$1" $PORT "$LAB_STATE/ends" &
    disown
    eventually 5 at rs1 bash -c "ss -Hltn | grep -q ':$PORT '"
}

wait_idle() { at client /usr/bin/python3 "$tests/idle.py" wait "$VIP" $PORT "$1"; }

for family in ipv4 ipv6; do
    speak $family
    for method in 'nat -m' 'direct -g --xdp native' 'tunnel -i --xdp native'; do
        begin "$family, ${method%% *}"
        # shellcheck disable=SC2086  # the method, and its option
        serve $method
        turnout service set "tcp:$HOST:$PORT" --reset-idle on
        expect_match "what is shown" 'end with a RST' "$(turnout service show "tcp:$HOST:$PORT")"
        expect_equal "the client's end" reset "$(wait_idle 9)"
        eventually 2 server_saw reset
        expect_match "the connection" ' CLOSE ' "$(listed)"
        if [[ $method != 'nat -m' ]]; then "$root/lab/lab" down; continue; fi

        begin "$family: a daemon that starts anew goes on with it"
        end_director KILL
        start_director
        expect_equal "the client's end" reset "$(wait_idle 9)"
        begin "$family: without a daemon, and without that wish, the time is over in silence"
        end_director KILL
        expect_equal "the client's end" nothing "$(wait_idle 7)"
        start_director
        turnout service set "tcp:$HOST:$PORT" --reset-idle off
        expect_equal "the client's end" nothing "$(wait_idle 7)"
        "$root/lab/lab" down
    done
done
