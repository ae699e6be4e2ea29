# shellcheck shell=bash
# A busy director: services that each forwarding method has a server of, and clients that miss nothing.
# It is sourced behind lib.sh.
# shellcheck disable=SC2154

# serve_busily: web and name service, by NAT from rs1, directly from rs2, through a tunnel from rs3.
serve_busily() {
    local service
    for service in "-t $HOST:80" "-u $HOST:53"; do
        # shellcheck disable=SC2086  # an option and its value
        ipvsadm -A $service -s rr
        # shellcheck disable=SC2086
        ipvsadm -R <<-END
			-a $service -r $(server_address 1) -m
			-a $service -r $(server_address 2) -g
			-a $service -r $(server_address 3) -i
		END
    done
    # Those that ended by a RST are forgotten in ten seconds, as they are without this.
    ipvsadm --set 0 0 5
}

prepare_servers() {
    realserver rs2 direct >/dev/null
    realserver rs3 tunnel >/dev/null
    # named notices a new address after a moment; nothing may be scheduled before.
    local server
    for server in rs2 rs3; do
        eventually 5 at "$server" dig +short +tries=1 +time=1 TXT who.lab.test "@$VIP"
    done
}

begin_load() {
    local hash
    hash=$(sha256sum <"$LAB_STATE/www/large" | cut -d' ' -f1)
    nsenter --net="/run/netns/$LAB_NAME-client" -- /usr/bin/python3 -B "$tests/load.py" "$VIP" "$hash" \
        >"$LAB_STATE/load" 2>&1 &
    load=$!
    eventually 20 grep READY "$LAB_STATE/load"
}

# end_load: what the clients missed, which is to be nothing.
end_load() {
    kill "$load"
    wait "$load"
    tail -n 1 "$LAB_STATE/load"
    grep -q 'requests [0-9]* failed 0$' "$LAB_STATE/load" || fail "$(cat "$LAB_STATE/load")"
}

# What `ipvsadm -L` counts at all servers: active, inactive.
counted() { ipvsadm -Ln | awk '/^  -> [0-9[]/ {n += $5 + $6} END {print n + 0}'; }
none_counted() { [[ $(counted) == 0 ]]; }
none_in_the_table() { turnout status --json | grep -q '"used": 0'; }
