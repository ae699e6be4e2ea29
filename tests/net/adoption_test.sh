#!/bin/bash
# The daemon may die: traffic goes on without it, and a new one adopts everything.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

connections_of_service() { ipvsadm -Ln --stats --exact | awk -v at="$VIP:80" '$2 == at {print $3}'; }
packets_of_service() { ipvsadm -Ln --stats --exact | awk -v at="$VIP:80" '$2 == at {print $4}'; }

up_lab
start_director
ipvsadm -A -t "$VIP:80" -s rr
for i in 1 2 3; do ipvsadm -a -t "$VIP:80" -r "10.1.0.1$i" -m; done
hash=$(sha256sum <"$LAB_STATE/www/large" | cut -d' ' -f1)

for signal in KILL TERM; do
    begin "SIG$signal in the middle of a download: every byte arrives"
    download "$VIP" /slow >"$LAB_STATE/hash" &
    running=$!
    sleep 1
    end_director "$signal"
    sleep 0.5
    begin "SIG$signal: new connections are served without a daemon, in order"
    expect_equal "servers" "rs2 rs1 rs3" "$(traffic tcp "$VIP" 80 21000-21002)"

    begin "SIG$signal: a new daemon adopts services, connections and counters"
    start_director
    expect_equal "connections counted" 4 "$(connections_of_service)"
    expect_match "services" "TCP +$VIP:80 rr" "$(ipvsadm -Ln)"
    expect_match "connections" "TCP [0-9:]+ +ESTABLISHED +$CLIENT:[0-9]+ +$VIP:80" "$(ipvsadm -Lnc)"
    packets=$(packets_of_service)
    expect_equal "schedule goes on" "rs2 rs1" "$(traffic tcp "$VIP" 80 22000-22001)"
    [[ $(packets_of_service) -gt $packets ]] || fail "packets are no longer counted"

    wait "$running"
    expect_equal "hash of the download" "$hash" "$(cat "$LAB_STATE/hash")"

    begin "SIG$signal: as new"
    ipvsadm -C
    end_director TERM
    turnout down
    start_director
    ipvsadm -A -t "$VIP:80" -s rr
    for i in 1 2 3; do ipvsadm -a -t "$VIP:80" -r "10.1.0.1$i" -m; done
done

begin "a second daemon in the same namespace is refused"
expect_failure 'running|already' at director timeout 10 "$BIN/turnoutd"
expect_equal "web after that" rs3 "$(web "$VIP")"

begin "turnout down ends the daemon and forwarding"
turnout down
eventually 5 bash -c "! kill -s 0 $director_pid"
expect_failure 'refused' at client curl -sS --max-time 3 "http://$VIP/"
