# shellcheck shell=bash
# keepalived as it comes from Debian, and its configuration for the farm of the demo: sourced behind names.sh
# and director.sh.
# shellcheck disable=SC2154  # how many servers there are, their methods

keepalived_pid=''

# lvs_method NAME: as keepalived.conf writes it.
lvs_method() {
    case $1 in
        nat) echo NAT ;;
        direct) echo DR ;;
        tunnel) echo TUN ;;
    esac
}

# virtual_server PROTOCOL PORT SCHEDULER CHECK: every server, by its method and with its weight.
virtual_server() {
    local i
    printf 'virtual_server %s %s {\n    delay_loop 1\n    lvs_sched %s\n    protocol %s\n' \
        "$VIP" "$2" "$3" "$1"
    for ((i = 1; i <= servers; i++)); do
        printf '    real_server %s %s {\n        lvs_method %s\n        weight %s\n        %s\n    }\n' \
            "$(server_address "$i")" "$2" "$(lvs_method "$(method_of "$i")")" \
            $((3 - (i - 1) % 3)) "$4"
    done
    echo '}'
}

write_keepalived_configuration() {
    echo 'global_defs {
    router_id demo
}'
    virtual_server TCP 80 wlc 'HTTP_GET {
            url {
                path /
                status_code 200
            }
            connect_timeout 1
            retry 0
        }'
    virtual_server TCP 53 wrr 'TCP_CHECK {
            connect_timeout 1
        }'
    virtual_server UDP 53 wrr 'DNS_CHECK {
            type txt
            name who.lab.test
            connect_timeout 1
        }'
}

# start_keepalived WHERE [OPTION…]: with $LAB_STATE/keepalived.conf; its IPVS messages are led to the
# director of the network namespace it runs in, unless the configuration names another.
start_keepalived() {
    nsenter --net="/run/netns/$LAB_NAME-$1" -- env LD_PRELOAD="$PRELOAD" \
        /usr/sbin/keepalived -n -l "${@:2}" -f "$LAB_STATE/keepalived.conf" \
        -p "$LAB_STATE/keepalived.pid" -r "$LAB_STATE/vrrp.pid" -c "$LAB_STATE/checkers.pid" \
        >"$LAB_STATE/keepalived.log" 2>&1 &
    keepalived_pid=$!
}

end_keepalived() {
    [[ -n $keepalived_pid ]] || return 0
    kill "$keepalived_pid" 2>/dev/null || true
    wait "$keepalived_pid" 2>/dev/null || true
}
