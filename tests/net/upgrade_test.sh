#!/bin/bash
# A daemon of another version takes over, tables and all, and clients notice nothing: there and back
# again, with the fast lane and without, also when it is killed in the middle.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/busy.sh
. "$tests/busy.sh"
# shellcheck source=tests/net/ftp.sh
. "$tests/ftp.sh"
needs turnoutd turnout ipvsadm

own=$BIN
other=${TURNOUT_OTHER_BIN:-$BIN/../other_version/bin}
if [[ ! -x $other/turnoutd ]]; then
    echo "SKIPPED: $other/turnoutd is not built (tests/net/other_version.py)"
    exit 77
fi

# start_version FOLDER [OPTION…]: turnoutd of that folder; the tools are always our own.
start_version() {
    BIN=$1
    start_director "${@:2}"
    BIN=$own
}
# The persistent service and lblcr's keep a client's connections that ended by FIN two minutes, and
# FTP's control connection goes on.
none_counted_of_the_load() {
    [[ $(ipvsadm -Ln | awk '/^(TCP|UDP)/ {own = $2 !~ /:(8[12]|21)$/} own && /^  -> [0-9[]/ {n += $5 + $6}
        END {print n + 0}') == 0 ]]
}
filters() { at director tc filter show dev eth0 "$1" | grep -c 'handle'; }
versions() { find "$pins" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort | xargs; }
total_packets() { ipvsadm -Ln --stats --exact | awk '/^(TCP|UDP)/ {n += $4} END {print n + 0}'; }

# What a fresh start leaves: nothing of the version before.
expect_taken_over() {
    expect_match "tables" '^v[0-9]+$' "$(versions)"
    [[ $(versions) != "$1" ]] || fail "tables are of $1 still"
    expect_equal "filters at ingress" 1 "$(filters ingress)"
    expect_equal "filters at egress" 1 "$(filters egress)"
    expect_equal "the table" "$table" "$(ipvsadm -Sn)"
}

# upgrade [OPTION…]: to the version that is not there.
upgrade() {
    local before packets
    before=$(versions)
    packets=$(total_packets)
    end_director KILL
    turn
    start_version "$next" "$@"
    expect_taken_over "$before"
    [[ $(total_packets) -ge $packets ]] || fail "counters have gone back from $packets to $(total_packets)"
}

# The version that the next upgrade is to.
turn() { if [[ $next == "$own" ]]; then next=$other; else next=$own; fi; }

# Ends the daemon that takes over as soon as tables of two versions are there, or up to 50 ms later.
kill_in_the_middle() {
    end_director KILL
    turn
    nsenter --net="/run/netns/$LAB_NAME-director" -- "$next/turnoutd" --state none >/dev/null 2>&1 &
    director_pid=$!
    /usr/bin/python3 - "$pins" "$director_pid" "$((RANDOM % 50))" <<-'END'
		import glob, os, signal, sys, time
		deadline = time.monotonic() + 20
		while not glob.glob(sys.argv[1] + "/from_*") and time.monotonic() < deadline:
		    pass
		time.sleep(int(sys.argv[3]) / 1000)
		os.kill(int(sys.argv[2]), signal.SIGKILL)
	END
    wait "$director_pid" 2>/dev/null || true
    echo "  left: $(versions)"
}

serve_more() {
    local port
    # Both have servers of the first service: replies are told apart by records of their own.
    ipvsadm -A -t "$HOST:81" -s wlc -p 600
    ipvsadm -A -t "$HOST:82" -s lblcr
    for port in 81 82; do
        ipvsadm -a -t "$HOST:$port" -r "$(host "$(server_address 1)"):80" -m
        ipvsadm -a -t "$HOST:$port" -r "$(host "$(server_address 2)"):80" -m
    done
}
# One control connection all through the test: its replies change their length on the way.
serve_files() {
    mkdir "$LAB_STATE/ftp"
    head -c 10000 /dev/urandom >"$LAB_STATE/ftp/file"
    file=$(hash_of <"$LAB_STATE/ftp/file")
    start_ftp_in_characters 1 21 "$LAB_STATE/ftp"
    ipvsadm -A -t "$HOST:21"
    ipvsadm -a -t "$HOST:21" -r "$(server_address 1):21" -m
    begin_ftp file
}
remembered() { echo "$(web "$HOST:81") $(web "$HOST:82")"; }

up_lab
pins=/sys/fs/bpf/turnout/$(at director /usr/bin/python3 "$tests/garbage.py" cookie)
prepare_servers
next=$own
start_version "$own"
serve_busily
serve_more
serve_files
table=$(ipvsadm -Sn)
before=$(remembered)
begin_load
expect_equal "a file by FTP" "$file" "$(next_file)"

begin "ten upgrades under load, there and back"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    upgrade
    expect_equal "servers that persistence and lblcr remember" "$before" "$(remembered)"
    expect_equal "a file by FTP" "$file" "$(next_file)"
done

begin "killed in the middle, the next one goes on"
for _ in 1 2 3 4; do
    kill_in_the_middle
    left=$(versions)
    turnout status >"$LAB_STATE/status" 2>&1 || expect_match "status" 'another version' "$(cat "$LAB_STATE/status")"
    if [[ $left == *from* ]]; then
        other_than_next=$own
        [[ $next == "$own" ]] && other_than_next=$other
        expect_failure 'start that one first' at director timeout 60 "$other_than_next/turnoutd" --state none
    fi
    start_version "$next"
    expect_taken_over ""
    expect_equal "servers that persistence and lblcr remember" "$before" "$(remembered)"
    expect_equal "a file by FTP" "$file" "$(next_file)"
done
end_load

begin "nothing is counted that has ended"
eventually 30 none_counted_of_the_load

begin "with the fast lane"
at net ethtool -K director tx off gro on >/dev/null
at net ethtool -K director-eth1 tx off gro on >/dev/null
end_director TERM
start_version "$next" --xdp generic
begin_load
for _ in 1 2 3 4; do upgrade --xdp generic; done
expect_match "lanes" 'xdp generic' "$(turnout status)"
end_load

begin "turnout down removes tables of both versions"
kill_in_the_middle
turnout down
[[ ! -e $pins ]] || fail "$pins is still there"
expect_equal "tc filters" "" "$(at director tc filter show dev eth0 ingress)$(at director tc filter show dev eth0 egress)"
