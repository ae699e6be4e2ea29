#!/bin/bash
# The director as one of its own servers, and as a client of its own services.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

own=$SERVER_GATEWAY_IPV4
service_port=7080 # of services, and of the program that serves them as they come
other_port=7081   # of a program that NAT translates to
bits=32
[[ $LAB_FAMILY == ipv4 ]] || own=$SERVER_GATEWAY_IPV6 bits=128

echo_at() { ECHO_PORT=$service_port at "$1" /usr/bin/python3 "$tests/echo.py" "${@:2}"; }

# listen PORT ADDRESS…: an echo service on the director.
listen() {
    local log=$LAB_STATE/echo-$1
    ECHO_PORT=$1 at director /usr/bin/python3 "$tests/echo.py" serve "${@:2}" >"$log" &
    eventually 10 grep -q ready "$log"
}

# serve SERVER OPTION…: the service is that server's alone, over TCP and UDP.
serve() {
    local kind
    for kind in -t -u; do
        ipvsadm -D $kind "$HOST:$service_port" 2>/dev/null || true
        ipvsadm -A $kind "$HOST:$service_port" -s rr
        ipvsadm -a $kind "$HOST:$service_port" -r "$@"
    done
}

expect_echo_for() {
    expect_equal "TCP" "500000 bytes" "$(echo_at "$1" tcp "$VIP" 500000 10)"
    expect_equal "UDP" "20 bytes, ECN 0" "$(echo_at "$1" udp "$VIP" 20 0 3)"
    expect_equal "a large datagram" "3000 bytes, ECN 0" "$(echo_at "$1" udp "$VIP" 3000 0 3)"
    expect_equal "a large answer" "3000 bytes" "$(echo_at "$1" answer "$VIP" 3000 3)"
}

# carried PROTOCOL: packets that came in for the service.
carried() { ipvsadm -Ln --stats --exact | awk -v kind="$1" '$1 == kind { print $4 }'; }

up_lab
start_director
listen "$service_port" "$VIP"
listen "$other_port" "$own"

for method in -g -i "-i --tun-type gre" -m; do
    begin "the director as a server by $method"
    port=$service_port
    [[ $method == -m ]] && port=$other_port
    # shellcheck disable=SC2086  # a method with its options
    serve "$(host "$own"):$port" $method
    expect_echo_for client
    expect_equal "active connections" 0 "$(ipvsadm -Ln | awk '/->/ && $5 ~ /^[0-9]+$/ { n += $5 } END { print n }')"
    [[ $(carried TCP) -gt 10 && $(carried UDP) -ge 3 ]] || fail "packets were not counted" "$(ipvsadm -Ln --stats)"
    begin "… and the director as its client"
    expect_echo_for director
done

# ask PROTOCOL PORT [OPTION…]: who answers three clients on the director, of ports not used before.
ask() {
    at director /usr/bin/python3 "$tests/traffic.py" "$1" "$VIP" "$2" \
        "$first_port-$((first_port + 2))" "${@:3}"
}

# serve_names OPTION…: web and name service by rs1 to rs3.
serve_names() {
    local service i
    ipvsadm -C
    for service in "-t $HOST:80" "-u $HOST:53"; do
        # shellcheck disable=SC2086  # an option and its value
        ipvsadm -A $service -s rr
        for i in 1 2 3; do
            # shellcheck disable=SC2086
            ipvsadm -a $service -r "$(server_address "$i")" "$@"
        done
    done
}

first_port=21000
expect_answers() {
    first_port=$((first_port + 10))
    expect_equal "web" "rs3 rs2 rs1" "$(ask tcp 80 "$@")"
    expect_equal "name service" "rs3 rs2 rs1" "$(ask udp 53 "$@")"
}

large=$(sha256sum <"$LAB_STATE/www/large" | cut -d' ' -f1)
expect_download() {
    expect_equal "a large file" "$large" \
        "$(at director curl -sS --max-time 20 "$@" "http://$HOST/large" | sha256sum | cut -d' ' -f1)"
}

begin "clients on the director, by NAT"
serve_names -m
expect_answers
expect_download

begin "what the director itself asks its servers, as health checks do, is nobody's stray"
turnout set nat_icmp_send 1
expect_equal "web" rs1 "$(at director curl -sS --max-time 5 "http://$(host "$(server_address 1)")/")"
expect_equal "name service" rs1 \
    "$(at director dig +short +tries=1 +time=3 TXT who.lab.test "@$(server_address 1)" | tr -d '"')"
turnout set nat_icmp_send 0

if [[ $LAB_FAMILY == ipv4 ]]; then # to an IPv6 address of its own, a host takes no path to be narrow
    begin "a client on the director is told of a narrower path than its own, and fits in"
    at rs1 env ECHO_PORT="$service_port" /usr/bin/python3 "$tests/echo.py" serve "$(server_address 1)" >/dev/null &
    serve "$(host "$(server_address 1)"):$service_port" -m
    reaches_server() { [[ $(echo_at director udp "$VIP" 3000 0 1) == "3000 bytes, ECN 0" ]]; }
    eventually 10 reaches_server
fi

for method in direct tunnel; do
    begin "clients on the director, by $method: they have another address than the service"
    for i in 1 2 3; do realserver "rs$i" "$method" >/dev/null; done
    for i in 1 2 3; do eventually 5 at "rs$i" dig +short +tries=1 +time=1 TXT who.lab.test "@$VIP"; done
    option=-g
    [[ $method == direct ]] || option=-i
    serve_names "$option"
    expect_answers --source "$own"
    expect_download --interface "$own"
    for i in 1 2 3; do realserver "rs$i" "$method" --undo >/dev/null; done
done

begin "a service at an address of lo"
at director ip address delete "$VIP/$bits" dev eth0
at director ip address add "$VIP/$bits" dev lo
serve_names -m
expect_equal "web" "rs3 rs2 rs1" "$(traffic tcp "$VIP" 80 22000-22002)"
expect_answers

begin "a service at an address that the director does not have"
at director ip address delete "$VIP/$bits" dev lo
at director ip route add "$VIP" via "$(server_address 1)"
serve_names -m
expect_equal "web" "rs3 rs2 rs1" "$(traffic tcp "$VIP" 80 22010-22012)"
expect_answers
