#!/bin/bash
# On the way to a service the director is one hop, by the service's address, and the next is the end:
# so say traceroute and mtr.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/echo.sh
. "$tests/echo.sh"
needs turnoutd turnout ipvsadm
for program in traceroute mtr; do
    command -v $program >/dev/null || { echo "SKIPPED: $program is not installed"; exit 77; }
done

# hops KIND PORT: who is how far away, without the times.
hops() {
    at client traceroute -n -q 1 -m 5 "-$1" -p "$2" "$VIP" | awk 'NR > 1 {print $1, $2}'
}

# mtr ends with the first hop that has the target's address, so what is behind it is asked for apart;
# and it does not take an answer by UDP for one.
mtr_hops() {
    local hop
    for hop in 1 2; do
        at client mtr -n -r -c 1 -G 1 -f $hop -m $hop --tcp -P 80 "$VIP" | sed -nE 's/^ *([0-9]+)\.\|-- ([^ ]+).*/\1 \2/p'
    done
}

up_lab --no-dns
start_director
for family in ipv4 ipv6; do
    speak $family
    realserver rs2 direct >/dev/null
    serve rs1 "$(server_address 1)"
    serve rs2 "$VIP"
    for method in '-m 1' '-g 2'; do
        read -r option i <<<"$method"
        begin "$family: rs$i by $option"
        only "$option" "$(server_address "$i")"
        way="1 $VIP
2 $VIP"
        expect_equal "UDP" "$way" "$(hops U "$ECHO_PORT")"
        expect_equal "TCP" "$way" "$(hops T 80)"
        expect_equal "TCP, by mtr" "$way" "$(mtr_hops)"
    done
    end_servers
done
