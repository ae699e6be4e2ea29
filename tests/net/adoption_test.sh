#!/bin/bash
# The daemon may die: traffic goes on without it, and a new one adopts everything.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

# Counters of the service, as `ipvsadm --stats` shows them; those may lag by two seconds in LVS.
connections_of_service() { ipvsadm -Ln --stats --exact | awk -v at="$HOST:80" '$2 == at {print $3}'; }
packets_of_service() { ipvsadm -Ln --stats --exact | awk -v at="$HOST:80" '$2 == at {print $4}'; }
connections_are() { [[ $(connections_of_service) == "$1" ]]; }
packets_exceed() { [[ $(packets_of_service) -gt $1 ]]; }

start_afresh() {
    turnout down
    start_director
    ipvsadm -A -t "$HOST:80" -s rr
    for i in 1 2 3; do ipvsadm -a -t "$HOST:80" -r "$(server_address "$i")" -m; done
}

up_lab
start_afresh
hash=$(sha256sum <"$LAB_STATE/www/large" | cut -d' ' -f1)

for signal in KILL TERM; do
    begin "SIG$signal in the middle of a download: every byte arrives"
    download "$HOST" /slow >"$LAB_STATE/hash" &
    running=$!
    sleep 1
    end_director "$signal"
    sleep 0.5
    begin "SIG$signal: new connections are served without a daemon, in order"
    expect_equal "servers" "rs2 rs1 rs3" "$(traffic tcp "$VIP" 80 21000-21002)"

    begin "SIG$signal: a new daemon adopts services, connections and counters"
    start_director
    eventually 4 connections_are 4
    expect_match "services" "TCP +$(literally "$HOST"):80 rr" "$(ipvsadm -Ln)"
    expect_match "connections" "TCP [0-9:]+ +ESTABLISHED +$(literally "$(host "$CLIENT")"):[0-9]+ +$(literally "$HOST"):80" "$(ipvsadm -Lnc)"
    packets=$(packets_of_service)
    expect_equal "schedule goes on" "rs2 rs1" "$(traffic tcp "$VIP" 80 22000-22001)"
    eventually 4 packets_exceed "$packets"

    wait "$running"
    expect_equal "hash of the download" "$hash" "$(cat "$LAB_STATE/hash")"
    start_afresh
done

begin "a second daemon in the same namespace is refused"
expect_failure 'running|already' at director timeout 60 "$BIN/turnoutd"
expect_equal "web after that" rs3 "$(web "$HOST")"

begin "turnout down ends the daemon and forwarding"
turnout down
eventually 5 bash -c "! kill -s 0 $director_pid"
expect_failure 'refused|connect to' at client curl -sS --max-time 3 "http://$HOST/"
