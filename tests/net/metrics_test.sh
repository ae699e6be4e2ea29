#!/bin/bash
# The real node_exporter tells the same of Turnout by its textfile collector as by its ipvs collector,
# which reads what IPVS has in /proc.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

PORT=9100

# exporter OPTION…: node_exporter with these alone.
exporter() {
    nsenter --net="/run/netns/$LAB_NAME-director" -- prometheus-node-exporter --log.level=error \
        --web.listen-address="127.0.0.1:$PORT" --collector.disable-defaults "$@" &
    exporter=$!
    eventually 5 at director curl -sS "http://127.0.0.1:$PORT/metrics"
}
end_exporter() { kill "$exporter"; wait "$exporter" 2>/dev/null || true; }

# What it tells of IPVS, without the words of help.
metrics() { at director curl -sS "http://127.0.0.1:$PORT/metrics" | grep '^node_ipvs_' | sort; }
metric() { sed -n "s/^node_ipvs_$1 //p" <<<"$2"; }

up_lab --servers 2
start_director
ipvsadm -R <<-END
	-A -t $VIP:80 -s rr
	-a -t $VIP:80 -r 10.1.0.11 -m -w 3
	-a -t $VIP:80 -r 10.1.0.12 -m
	-A -u $VIP:53 -s rr -o
	-a -u $VIP:53 -r 10.1.0.12 -m
	-A -t [2001:db8:198::1]:443 -s wlc -p 300
	-a -t [2001:db8:198::1]:443 -r [2001:db8:10::11]:8443 -g
	-A -f 11 -s lc
	-a -f 11 -r 10.1.0.11:0 -i
END
traffic tcp "$VIP" 80 20000-20003 >/dev/null
traffic udp "$VIP" 53 20000-20003 >/dev/null

begin "the ipvs collector, reading our files"
turnout export --format proc --output "$LAB_STATE/proc"
exporter --collector.ipvs --path.procfs="$LAB_STATE/proc"
collected=$(metrics)
end_exporter
expect_equal "connections" 8 "$(metric connections_total "$collected")"
expect_equal "metrics" 20 "$(wc -l <<<"$collected")"

begin "the textfile collector"
mkdir "$LAB_STATE/textfiles"
turnout export --format node-exporter-textfile --output "$LAB_STATE/textfiles/ipvs.prom"
exporter --collector.textfile --collector.textfile.directory="$LAB_STATE/textfiles"
expect_equal "metrics" "$collected" "$(metrics)"
end_exporter
expect_equal "what is printed" "$(cat "$LAB_STATE/textfiles/ipvs.prom")" \
    "$(turnout export --format node-exporter-textfile)"

begin "what cannot be is refused"
expect_failure '--output' turnout export --format proc
expect_failure 'node-exporter-textfile' turnout export --format csv
expect_failure '/proc/none' turnout export --format node-exporter-textfile --output /proc/none/ipvs.prom
end_director TERM
expect_failure 'no director' turnout export --format node-exporter-textfile
