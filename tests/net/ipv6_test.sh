#!/bin/bash
# IPv6 with real servers: NAT and its replies, what ipvsadm shows, persistence by prefix, services by
# mark, and both families side by side.  Methods and lanes: methods_test.sh and xdp_test.sh.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm
speak ipv6

# Clients in networks of their own, behind the client: two of each, for persistence by prefix.  No
# preferred ones: without being told, the client speaks by its first address.
clients=(2001:db8:203:1::1 2001:db8:203:1::2 2001:db8:203:2::1 2001:db8:203:2::2)
add_clients() {
    local address
    for address in "${clients[@]}"; do
        ip -n "$LAB_NAME-client" address add "$address/128" dev eth0 preferred_lft 0
    done
    ip -n "$LAB_NAME-director" route add 2001:db8:203::/48 via "$CLIENT"
}

# from ADDRESS [PORT]: who answers a web request.
from() { at client curl -sS --max-time 3 --interface "$1" "http://$HOST:${2:-80}/"; }

# by_nat PORT SERVICE: three servers for it.
by_nat() {
    local i
    for i in 1 2 3; do ipvsadm -a "${@:2}" -r "$(host "$(server_address "$i")"):$1" -m; done
}

# columns: the words of a list, one blank between them.
columns() { tr -s ' ' | sed 's/ $//'; }
connections() { ipvsadm -Lnc | awk 'NR > 2 {print $1, $3, $4, $5, $6}' | sort; }

up_lab
hash=$(sha256sum <"$LAB_STATE/www/large" | cut -d' ' -f1)
add_clients
start_director

begin "web and names by NAT: answers come from the virtual address"
ipvsadm -A -t "$HOST:80" -s rr
ipvsadm -A -u "$HOST:53" -s rr
by_nat 80 -t "$HOST:80"
by_nat 53 -u "$HOST:53"
expect_equal "web" "rs3 rs2 rs1 rs3" "$(traffic tcp "$VIP" 80 20000-20003)"
expect_equal "names" "rs3 rs2 rs1 rs3" "$(traffic udp "$VIP" 53 20000-20003)"
expect_equal "a large file" "$hash" "$(download "$HOST" /large)"

begin "ipvsadm lists it as IPVS does"
ipvsadm -A -t "$HOST:81" -s rr
by_nat 80 -t "$HOST:81"
traffic tcp "$VIP" 81 20010 --hold >"$LAB_STATE/held" &
holding=$!
eventually 3 grep -q rs3 "$LAB_STATE/held"
expect_equal "services" "TCP [2001:db8:198::1]:81 rr
-> [2001:db8:10::11]:80 Masq 1 0 0
-> [2001:db8:10::12]:80 Masq 1 0 0
-> [2001:db8:10::13]:80 Masq 1 1 0" \
    "$(ipvsadm -Ln -t "$HOST:81" | tail -n +3 | columns | sed 's/^ //')"
expect_match "connections" \
    "TCP ESTABLISHED \[2001:db8:203::10\]:20010 \[2001:db8:198::1\]:81 \[2001:db8:10::13\]:80" \
    "$(connections)"
expect_match "requests and answers are counted" '^1 [1-9][0-9]* [1-9][0-9]*$' \
    "$(ipvsadm -Ln --stats -t "$HOST:81" | awk '/^TCP/ {print $3, $4, $5}')"
kill "$holding"
wait "$holding" || true

begin "nobody else's packets are touched"
at client ping -c1 -W2 "$VIP" >/dev/null || fail "the virtual address does not answer pings"
expect_equal "rs2 by its own address" rs2 "$(web "$(host "$(server_address 2)")")"
expect_equal "a port without service" -refused "$(traffic tcp "$VIP" 82 20000)"

begin "clients of one network have one server"
ipvsadm -E -t "$HOST:80" -s rr -p 300 -M 64
answers=$(for client in "${clients[@]}" "${clients[@]}"; do from "$client"; done | paste -sd' ')
expect_match "two of each network" '^(rs[123]) \1 (rs[123]) \2 \1 \1 \2 \2$' "$answers"
[[ ${answers:0:3} != "${answers:8:3}" ]] || fail "round robin did not go on to another server: $answers"
expect_equal "templates" "TCP ASSURED [2001:db8:203:1::]:0
TCP ASSURED [2001:db8:203:2::]:0" "$(connections | awk '$3 ~ /:0$/ {print $1, $2, $3}')"
expect_match "the service" 'rr persistent 300 mask 64' "$(ipvsadm -Ln -t "$HOST:80")"

begin "web and names by TCP share one persistent service of a mark"
ipvsadm -C
ipvsadm -A -f 1 -6 -s rr -p 300
by_nat 0 -f 1 -6
turnout mark add --proto tcp --to "$VIP" --ports 53,80 --mark 1 >/dev/null
for client in "${clients[@]}"; do
    first=$(from "$client")
    expect_match "web of $client" '^rs[123]$' "$first"
    expect_equal "names of $client" "$first" "$(name_service "$VIP" -b "$client" +tcp)"
    expect_equal "web of $client again" "$first" "$(from "$client")"
done
expect_match "the list" "FWM  1 IPv6 rr persistent 300" "$(ipvsadm -Ln)"
expect_equal "a mark's service of IPv4 is another" -refused "$(traffic tcp "$VIP_IPV4" 80 20000)"
turnout mark delete 1
expect_equal "without the rule" -refused "$(traffic tcp "$VIP" 80 20020)"

begin "both families side by side"
ipvsadm -C
for place in "$HOST:80" "$VIP_IPV4:80"; do ipvsadm -A -t "$place" -s rr; done
ipvsadm -a -t "$HOST:80" -r "$(server_address 1)" -m
ipvsadm -a -t "$VIP_IPV4:80" -r "$(server_address 2 ipv4)" -m
expect_equal "IPv6" "rs1 rs1" "$(traffic tcp "$VIP" 80 21000-21001)"
expect_equal "IPv4 from the same ports" "rs2 rs2" "$(traffic tcp "$VIP_IPV4" 80 21000-21001)"
expect_failure 'only for tunnel' ipvsadm -a -t "$HOST:80" -r "$(server_address 3 ipv4)" -m
expect_failure 'only for tunnel' ipvsadm -a -t "$VIP_IPV4:80" -r "$(server_address 3)" -g

begin "a tunnel of one family carries the other"
realserver rs3 tunnel >/dev/null
VIP=$VIP_IPV4 realserver rs3 tunnel >/dev/null
ipvsadm -a -t "$HOST:80" -r "$(server_address 3 ipv4)" -i
ipvsadm -a -t "$VIP_IPV4:80" -r "$(server_address 3)" -i
expect_equal "IPv6 in IPv4" "rs3 rs1 rs3" "$(traffic tcp "$VIP" 80 22000-22002)"
expect_equal "IPv4 in IPv6" "rs3 rs2 rs3" "$(traffic tcp "$VIP_IPV4" 80 22000-22002)"
for place in "$HOST" "$VIP_IPV4"; do
    for _ in 1 2; do expect_equal "a large file from $place" "$hash" "$(download "$place" /large)"; done
done
at rs3 "$BIN/turnout" realserver --undo >/dev/null
ipvsadm -d -t "$HOST:80" -r "$(server_address 3 ipv4)"
ipvsadm -d -t "$VIP_IPV4:80" -r "$(server_address 3)"

begin "what is saved is restored"
saved=$(ipvsadm -Sn)
ipvsadm -C
ipvsadm -R <<<"$saved"
expect_equal "rules" "$saved" "$(ipvsadm -Sn)"
expect_equal "web" rs1 "$(web "$HOST")"
