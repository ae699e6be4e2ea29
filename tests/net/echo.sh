# shellcheck shell=bash
# The echo service (echo.py) on real servers, behind the director, and asked by the client: sourced by
# tests of what arrives, after lib.sh.
# shellcheck disable=SC2154  # lib.sh sets tests

export ECHO_PORT=7

# serve WHO ADDRESS…: the echo service there, until end_servers.
serve() {
    local log=$LAB_STATE/echo-${#servers[@]}
    : >"$log" # of an earlier one, perhaps
    inside "$1" python3 "$tests/echo.py" serve "${@:2}" >"$log" &
    servers+=($!)
    eventually 10 grep -q ready "$log"
}
servers=()
end_servers() {
    [[ ${#servers[@]} -eq 0 ]] || kill "${servers[@]}" 2>/dev/null || true
    servers=()
}
trap 'end_servers; finish' EXIT

echo_client() { at client python3 "$tests/echo.py" "$@"; }

# only METHOD SERVER: the one server of every service, by that method.
only() {
    local service
    ipvsadm -C
    for service in "-t $HOST:$ECHO_PORT" "-u $HOST:$ECHO_PORT" "-t $HOST:80"; do
        # shellcheck disable=SC2086  # an option and its value
        ipvsadm -A $service -s rr
        # shellcheck disable=SC2086
        ipvsadm -a $service -r "$(host "$2"):${service##*:}" "$1"
    done
    forget_path_mtu
}

forget_path_mtu() {
    ip -n "$LAB_NAME-client" route flush cache
    ip -n "$LAB_NAME-client" -6 route flush cache
}
