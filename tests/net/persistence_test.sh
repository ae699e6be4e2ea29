#!/bin/bash
# Persistence, thresholds, hash rings and one-packet services with real servers; and all of it goes
# on without a daemon and is adopted by a new one.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

# only_one LIST: the one word that all of its words are.
only_one() { tr ' ' '\n' <<<"$1" | sort -u; }
templates() { ipvsadm -Lnc | awk '$1 ~ /TCP|UDP|IP/ && $4 ~ /:0$/ {print $1, $4, $5}'; }
persistent_of_rs() { ipvsadm -Ln --persistent-conn -t "$VIP:80" | awk -v at="$1:80" '$2 == at {print $4}'; }

up_lab
start_director
ipvsadm -A -t "$VIP:80" -s rr -p 300
ipvsadm -A -u "$VIP:53" -s rr -o
ipvsadm -A -t "$VIP:8080" -s mh
for i in 1 2 3; do
    ipvsadm -a -t "$VIP:80" -r "10.1.0.1$i" -m
    ipvsadm -a -u "$VIP:53" -r "10.1.0.1$i" -m
    ipvsadm -a -t "$VIP:8080" -r "10.1.0.1$i:80" -m
done

begin "a client stays with its server, though round robin would go on"
names=$(traffic tcp "$VIP" 80 20000-20005)
expect_equal "servers" rs3 "$(only_one "$names")"
expect_equal "template" "TCP $CLIENT:0 $VIP:80" "$(templates)"
expect_equal "persistent connections of rs3" 1 "$(persistent_of_rs 10.1.0.13)"

begin "even when its server gets no new clients"
ipvsadm -e -t "$VIP:80" -r 10.1.0.13 -m -w 0
expect_equal "server" rs3 "$(traffic tcp "$VIP" 80 20010)"

begin "unless quiescent servers lose theirs"
turnout set expire_quiescent_template 1
names=$(traffic tcp "$VIP" 80 20020-20022)
expect_equal "servers" rs2 "$(only_one "$names")"
expect_failure 'quiescent' turnout set expire_quiescent_template 7

begin "mh gives a client one server, whatever its port"
names=$(traffic tcp "$VIP" 8080 21000-21005)
hashed=$(only_one "$names")
expect_match "one server" '^rs[123]$' "$hashed"

begin "one packet, one server, and no connection is left"
# NAT servers' answers find no connection, as with IPVS: the query alone is balanced.
expect_equal "answers" "-timeout -timeout -timeout" "$(traffic udp "$VIP" 53 22000-22002 --timeout 0.3)"
expect_equal "connections" "" "$(ipvsadm -Lnc | grep UDP || true)"
expect_equal "each server's" "1 1 1" "$(ipvsadm -Ln --stats -u "$VIP:53" | awk '/->/ && NR > 2 {print $3}' | xargs)"

begin "all of it goes on without a daemon"
end_director KILL
expect_equal "persistent client" rs2 "$(traffic tcp "$VIP" 80 23000)"
expect_equal "hashed client" "$hashed" "$(traffic tcp "$VIP" 8080 23000)"

begin "and with a new one"
start_director
expect_match "template" "TCP $CLIENT:0 $VIP:80" "$(templates)"
expect_equal "persistent client" rs2 "$(traffic tcp "$VIP" 80 24000)"
expect_equal "hashed client" "$hashed" "$(traffic tcp "$VIP" 8080 24000)"
expect_match "the service is persistent" "TCP +$VIP:80 rr persistent 300" "$(ipvsadm -Ln)"
expect_match "the other gives each packet alone" "UDP +$VIP:53 rr ops" "$(ipvsadm -Ln)"
expect_match "the setting stands" 'expire_quiescent_template +1' "$(turnout settings)"

begin "a full server is passed over until it has room again"
ipvsadm -A -t "$VIP:8081" -s rr
for i in 1 2; do ipvsadm -a -t "$VIP:8081" -r "10.1.0.1$i:80" -m -x 2; done
expect_equal "two each, then nobody" "rs2 rs1 rs2 rs1 -refused" \
    "$(traffic tcp "$VIP" 8081 25000-25004)"
ipvsadm -e -t "$VIP:8081" -r 10.1.0.11:80 -m -x 3
expect_equal "room again" "rs1 -refused" "$(traffic tcp "$VIP" 8081 25010-25011)"
