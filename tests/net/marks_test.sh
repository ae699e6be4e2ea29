#!/bin/bash
# Services by mark: marks of Turnout's own rules, of tc before us and, where they come too late, of
# iptables, whose rules are taken over.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

# --- servers and clients -------------------------------------------------------------------------

# Real https on port 443, beside the lab's http.
serve_https() {
    local name=rs$1 home=$LAB_STATE/rs$1/https
    mkdir -p "$home"
    cat >"$home/nginx.conf" <<-END
		user root;
		worker_processes 1;
		pid nginx.pid;
		events { worker_connections 512; }
		http {
		    access_log off;
		    server {
		        listen 443 ssl;
		        ssl_certificate $LAB_STATE/web.crt;
		        ssl_certificate_key $LAB_STATE/web.key;
		        location / { return 200 "$name\n"; }
		    }
		}
	END
    at "$name" nginx -e "$home/nginx.log" -p "$home" -c "$home/nginx.conf"
}

prepare_servers() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 \
        -subj /CN=lab -keyout "$LAB_STATE/web.key" -out "$LAB_STATE/web.crt" 2>/dev/null
    for i in 1 2 3; do serve_https "$i"; done
}

# The client's further addresses, each a client of its own for persistence.
clients=(203.0.113.21 203.0.113.22 203.0.113.23 203.0.113.24)
add_clients() {
    local address
    for address in "${clients[@]}"; do ip -n "$LAB_NAME-client" address add "$address/24" dev eth0; done
}

# from ADDRESS URL: who answers.
from() { at client curl -sSk --max-time 3 --interface "$1" "$2"; }
is_refused() { expect_failure 'refused|timed out|connect to' from "$@"; }

by_mark() {
    local i
    ipvsadm -A -f "$1" -s rr "${@:3}"
    for i in $2; do ipvsadm -a -f "$1" -r "10.1.0.1$i" "$method"; done
}

# --- programs before us at tc ingress ------------------------------------------------------------

# What `action skbedit mark 1 continue` does, for kernels without it; and what ends the way.
compile_classifiers() {
    clang -target bpf -O2 -c -x c - -o "$LAB_STATE/tc.o" <<-'END'
		struct __sk_buff { unsigned len, pkt_type, mark; };
		#define program(name) __attribute__((section("classifier/" #name), used)) int name
		program(mark)(struct __sk_buff *packet) { packet->mark = 1; return -1; }
		program(accept)(struct __sk_buff *packet) { return 0; }
		char _license[] __attribute__((section("license"), used)) = "GPL";
	END
}
# before_us PROGRAM
before_us() {
    at director tc filter replace dev eth0 ingress pref 1 handle 1 protocol all \
        bpf da obj "$LAB_STATE/tc.o" sec "classifier/$1"
}
not_before_us() { at director tc filter del dev eth0 ingress pref 1; }
order_of_filters() {
    at director tc filter show dev eth0 ingress | awk '/handle/ {print $5}' | sort -nu | paste -sd' '
}

# --- the lab with two arms -----------------------------------------------------------------------

up_lab --no-dns
prepare_servers
add_clients
compile_classifiers
method=-m
start_director

begin "http and https share one persistent service by an own rule"
by_mark 1 '1 2 3' -p 600
is_refused "$CLIENT" "https://$VIP/"
expect_equal "number of the rule" "rule 1" \
    "$(turnout mark add --proto tcp --to "$VIP" --ports 80,443 --mark 1)"
seen=
for address in "${clients[@]}"; do
    first=$(from "$address" "http://$VIP/")
    for url in "https://$VIP/" "http://$VIP/" "https://$VIP/"; do
        expect_equal "$url from $address" "$first" "$(from "$address" "$url")"
    done
    seen+=" $first"
done
expect_equal "clients are spread" " rs3 rs2 rs1 rs3" "$seen"

begin "a new daemon keeps rules and settings"
turnout set expire_quiescent_template 1
rules=$(turnout mark list --json)
expect_match "the rule" '"ports": "80,443"' "$rules"
end_director KILL
expect_equal "without a daemon" rs3 "$(from "${clients[0]}" "https://$VIP/")"
expect_failure 'start turnoutd' turnout mark list
expect_failure 'start turnoutd' turnout settings
start_director
expect_equal "rules" "$rules" "$(turnout mark list --json)"
expect_match "settings" 'expire_quiescent_template +1 +0 ' "$(turnout settings)"
expect_equal "traffic" rs3 "$(from "${clients[0]}" "https://$VIP/")"

begin "what makes no sense is refused, and changes nothing"
before=$(turnout mark list --json; turnout settings --json)
expect_failure 'mark of 0' turnout mark add --mark 0
expect_failure 'no mark' turnout mark add --mark 4294967296
expect_failure 'mark' turnout mark add --proto tcp
expect_failure 'ports need a protocol' turnout mark add --ports 80 --mark 1
expect_failure 'icmp' turnout mark add --proto icmp --mark 1
expect_failure 'list of ports' turnout mark add --proto tcp --ports 90-80 --mark 1
expect_failure 'no address or prefix' turnout mark add --to example.org --mark 1
expect_failure '"" is no address' turnout mark add --to '' --mark 1
expect_failure '"" is no list of ports' turnout mark add --proto tcp --ports '' --mark 1
expect_failure 'another address family' \
    turnout mark add --from 192.0.2.1 --to 2001:db8::1 --mark 1
expect_failure 'another address family' turnout mark add --to 192.0.2.1 -6 --mark 1
expect_failure 'no mark rule 9, nothing is deleted' turnout mark delete 1 9
expect_failure 'NUMBER' turnout mark delete x
expect_failure 'no setting "nosuch"' turnout set nosuch 1
expect_failure 'is 0 or 1, not 2' turnout set expire_quiescent_template 2
expect_failure 'is no value' turnout set expire_quiescent_template yes
expect_failure 'No such file' turnout mark import /nosuch
expect_failure "none of iptables-save's" turnout mark import /etc/passwd
expect_equal "rules and settings" "$before" "$(turnout mark list --json; turnout settings --json)"

begin "the API by another client"
socket=/run/turnout/$(at director /usr/bin/python3 "$tests/garbage.py" cookie).api
expect_equal "mode of the socket" 600 "$(stat -c %a "$socket")"
expect_match "status and code" '"ENOENT".*404' "$(at client curl -s -X DELETE -w '%{http_code}' \
    --unix-socket "$socket" http://turnout/v1/marks/9 | tr -d '\n')"

begin "deleting a rule takes effect"
turnout mark delete 1
is_refused "${clients[0]}" "https://$VIP/"
is_refused "$CLIENT" "http://$VIP/"

begin "of several rules the last that matches decides"
by_mark 2 1
turnout mark add --proto tcp --to "$VIP" --mark 1 >/dev/null
turnout mark add --proto tcp --from 203.0.113.22 --to "$VIP" --ports 1-80 --mark 2 >/dev/null
expect_equal "the narrow rule" "rs1 rs1" \
    "$(from 203.0.113.22 "http://$VIP/") $(from 203.0.113.22 "http://$VIP/")"
expect_equal "its neighbours" "rs2 rs2" \
    "$(from 203.0.113.22 "https://$VIP/") $(from 203.0.113.22 "https://$VIP/")"
turnout mark delete 1 2

begin "a mark that tc sets before us"
expect_equal "our filter alone" 29813 "$(order_of_filters)"
before_us mark
expect_equal "order" "1 29813" "$(order_of_filters)"
expect_equal "marked by tc" rs3 "$(from "${clients[0]}" "http://$VIP/")"
begin "our rule wins over it"
turnout mark add --proto tcp --from 203.0.113.24 --ports 80 --mark 2 >/dev/null
expect_equal "port 80" "rs1 rs1" "$(from 203.0.113.24 "http://$VIP/") $(from 203.0.113.24 "http://$VIP/")"
expect_equal "port 443" rs3 "$(from 203.0.113.24 "https://$VIP/")"
turnout mark delete 1
begin "a filter before us that does not say 'continue' keeps the packets from us"
before_us accept
is_refused "${clients[0]}" "http://$VIP/"
not_before_us
begin "a clsact qdisc that was there before us stays, and its filters come first"
turnout down >/dev/null
expect_equal "our socket has gone" no "$([[ -e $socket ]] && echo yes || echo no)"
at director tc qdisc add dev eth0 clsact
before_us mark
start_director
by_mark 1 '1 2 3' -p 600
expect_equal "order" "1 29813" "$(order_of_filters)"
expect_equal "http and https" "rs3 rs3" \
    "$(from "${clients[0]}" "http://$VIP/") $(from "${clients[0]}" "https://$VIP/")"
not_before_us
is_refused "$CLIENT" "http://$VIP/"

# The one of iptables' two kinds that this kernel has, if any.
iptables=
for kind in iptables-legacy iptables-nft; do
    if [[ -z $iptables ]] && at director "$kind" -t mangle -L -n >/dev/null 2>&1; then iptables=$kind; fi
done
if [[ -n $iptables ]]; then
    begin "marks of iptables come too late; its rules are taken over"
    mangle() { at director "$iptables" -t mangle -A PREROUTING "$@"; }
    mangle -d "$VIP" -p tcp -m multiport --dports 80,443 -j MARK --set-mark 1
    is_refused "$CLIENT" "http://$VIP/"
    expect_match "iptables has marked these packets" '[1-9][0-9]* +[0-9]+ +MARK' \
        "$(at director "$iptables" -t mangle -nvxL PREROUTING)"
    at director "$iptables-save" >"$LAB_STATE/save"
    expect_match "what would be" '80,443' "$(turnout mark import --dry-run "$LAB_STATE/save")"
    expect_equal "nothing is added by --dry-run" '[]' "$(turnout mark list --json)"
    turnout mark import <"$LAB_STATE/save" >/dev/null
    expect_equal "http and https" "rs3 rs3" \
        "$(from "${clients[0]}" "http://$VIP/") $(from "${clients[0]}" "https://$VIP/")"

    begin "rules of iptables that cannot be taken over are named"
    mangle -i eth0 -p tcp -m tcp --dport 99 -j MARK --set-mark 3
    at director "$iptables-save" -c -t mangle >"$LAB_STATE/save"
    line=$(grep -n 'i eth0' "$LAB_STATE/save" | cut -d: -f1)
    status=0
    said=$(turnout mark import --dry-run "$LAB_STATE/save" 2>&1) || status=$?
    expect_equal "exit status" 1 "$status"
    expect_match "line and reason" "line $line: -A PREROUTING -i eth0.*do not look at interfaces" "$said"
else
    echo "  (no iptables with a mangle table here: not compared)"
fi
"$root/lab/lab" down

# --- one arm: the fast lane ----------------------------------------------------------------------

begin "own rules in the fast lane"
up_lab --no-dns --topology one-arm
compile_classifiers
method=-g
for i in 1 2 3; do realserver "rs$i" direct >/dev/null; done
at client ethtool -K eth0 tx off >/dev/null
start_director --xdp generic
by_mark 1 '1 2 3'
# Nothing gets past tc: what is answered, the fast lane has sent.  It knows a server's next hop for
# about a second, from the complete lane.
by_fast_lane_alone() {
    local answered=0
    not_before_us 2>/dev/null || true
    for _ in 1 2 3; do from "$CLIENT" "http://$VIP/" >/dev/null 2>&1 || true; done
    before_us accept
    from "$CLIENT" "http://$VIP/" || answered=$?
    not_before_us
    return $answered
}
turnout mark add --proto tcp --to "$VIP" --ports 80 --mark 1 >/dev/null
eventually 20 by_fast_lane_alone

begin "without own rules the fast lane leaves openings to those who may mark behind it"
turnout mark delete 1
# A service of its own would take what nobody marks.
ipvsadm -A -t "$VIP:80" -s rr
ipvsadm -a -t "$VIP:80" -r 10.1.0.12 -g
expect_equal "unmarked" "rs2 rs2" "$(from "$CLIENT" "http://$VIP/") $(from "$CLIENT" "http://$VIP/")"
for _ in 1 2 3 4 5; do ! by_fast_lane_alone >/dev/null 2>&1 || fail "the fast lane did not wait"; done
before_us mark
expect_equal "marked behind the fast lane" "rs1 rs2 rs3" \
    "$(for _ in 1 2 3; do from "$CLIENT" "http://$VIP/"; done | sort | paste -sd' ')"
