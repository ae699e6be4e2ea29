#!/bin/bash
# Connections are listed, counted and ended, one by one or by a filter, while others go on.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

# listed FILTER…: clients and servers.
listed() { turnout connections "$@" | awk 'NR > 1 {print $5, $7}' | sort; }
how_many() { turnout connections "$@" --json | jq length; }
active_of() { ipvsadm -Ln -t "$VIP:80" | awk -v at="$1:80" '$2 == at {print $5}'; }
inactive_of() { ipvsadm -Ln -t "$VIP:80" | awk -v at="$1:80" '$2 == at {print $6}'; }

up_lab
start_director
ipvsadm -A -t "$VIP:80" -s rr
ipvsadm -A -u "$VIP:53" -s rr
ipvsadm -A -t "$VIP:8080" -s rr -p 300
for i in 1 2; do
    ipvsadm -a -t "$VIP:80" -r "10.1.0.1$i" -m
    ipvsadm -a -u "$VIP:53" -r "10.1.0.1$i" -m
    ipvsadm -a -t "$VIP:8080" -r "10.1.0.1$i:80" -m
done

begin "nothing is listed where nothing is"
expect_equal "connections" "" "$(listed)"
expect_equal "JSON" "[]" "$(turnout connections --json | jq -c .)"

begin "connections are listed, and a filter chooses among them"
traffic tcp "$VIP" 80 20000-20003 --hold >"$LAB_STATE/held" &
holder=$!
eventually 10 test -s "$LAB_STATE/held"
traffic udp "$VIP" 53 21000 >/dev/null
expect_equal "all" 5 "$(how_many)"
expect_equal "of a client's port" "$CLIENT:20001 10.1.0.11:80" "$(listed --client "$CLIENT:20001")"
expect_equal "of its network" 5 "$(how_many --client 203.0.113.0/24)"
expect_equal "of another" 0 "$(how_many --client 198.51.100.0/24)"
expect_equal "of a service" 4 "$(how_many --service "tcp:$VIP:80")"
expect_equal "of a server" 2 "$(how_many --server 10.1.0.11 --protocol tcp)"
expect_equal "of a state" 4 "$(how_many --state ESTABLISHED)"
expect_equal "of a protocol" "$CLIENT:21000" "$(turnout connections --protocol udp --json | jq -r '.[].client')"
expect_equal "no more than" 3 "$(how_many --limit 3)"
expect_equal "the line" "tcp ESTABLISHED nat $CLIENT:20000 $VIP:80 assured" \
    "$(turnout connections --client "$CLIENT:20000" | awk 'NR > 1 {print $1, $3, $4, $5, $6, $8}')"

begin "they are the same that ipvsadm lists"
expect_equal "connections" "$(ipvsadm -Lnc | awk 'NR > 2 {print $4, $6}' | sort)" "$(listed)"

begin "counted"
counts=$(turnout connections --count --json)
expect_equal "all" 5 "$(jq .connections <<<"$counts")"
expect_equal "by state" 4 "$(jq '.by_state[] | select(.state == "ESTABLISHED").count' <<<"$counts")"
expect_equal "by server" "2 2" "$(jq -r '.by_server[] | select(.service | startswith("tcp")).connections' <<<"$counts" | xargs)"
expect_equal "the first of the clients" "5 $CLIENT" "$(turnout connections --top 1 | awk 'NR > 1 {print $1, $2}')"
expect_equal "the services" "4 tcp:$VIP:80" "$(turnout connections --top 5 --by service | awk 'NR == 2 {print $1, $2}')"

begin "what makes no sense is refused"
expect_failure 'no state "OPEN"' turnout connections --state OPEN
expect_failure 'names no service' turnout connections --service "$VIP:80"
expect_failure 'no protocol' turnout connections --protocol icmp
expect_failure 'Give a filter, or --all' turnout connection delete
expect_equal "nothing is ended" 5 "$(how_many)"

begin "one is ended: its server no longer counts it, and the others go on"
expect_equal "ended" "ended 1 connections and 0 templates" \
    "$(turnout connection delete --client "$CLIENT:20001")"
expect_equal "left" 4 "$(how_many)"
expect_equal "active" "1 2" "$(active_of 10.1.0.11) $(active_of 10.1.0.12)"
expect_equal "new ones come" "rs1 rs2" "$(traffic tcp "$VIP" 80 20010-20011 | tr ' ' '\n' | sort | xargs)"

begin "a persistent client is forgotten with its template"
first=$(traffic tcp "$VIP" 8080 22000)
expect_equal "it stays" "$first" "$(traffic tcp "$VIP" 8080 22001)"
expect_equal "templates" 1 "$(how_many --templates)"
turnout connection delete --service "tcp:$VIP:8080" >/dev/null
expect_equal "left" 0 "$(how_many --service "tcp:$VIP:8080")"
second=$(traffic tcp "$VIP" 8080 22002)
[[ $second != "$first" ]] || fail "round robin gives the client another server now"

begin "listing works without a daemon, ending tells that there is none"
end_director KILL
before=$(how_many)
[[ $before -gt 3 ]] || fail "connections are still listed" "seen: $before"
expect_failure 'no director runs' turnout connection delete --all
start_director

begin "all are ended, and nothing is left counted"
turnout connection delete --all >/dev/null
expect_equal "left" 0 "$(how_many)"
expect_equal "counted" "0 0 0 0" \
    "$(active_of 10.1.0.11) $(inactive_of 10.1.0.11) $(active_of 10.1.0.12) $(inactive_of 10.1.0.12)"
kill "$holder"
