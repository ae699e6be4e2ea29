#!/bin/bash
# After a reboot the director is configured as it was: services, timeouts, mark rules, settings, drains.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

up_lab
state=$LAB_STATE/saved.json
standard=/var/lib/turnout/netns/$LAB_NAME-director.json
pins=/sys/fs/bpf/turnout/$(at director /usr/bin/python3 "$tests/garbage.py" cookie)

# What nobody is told of beforehand: the daemon, the data plane and /run are gone.
reboot() {
    end_director KILL
    rm -r "$pins" "/run/turnout/${pins##*/}".*
    local device
    for device in lo eth0 eth1; do at director tc qdisc del dev "$device" clsact; done
}

start() { start_director --state "$state"; }
seen() {
    ipvsadm -Sn
    ipvsadm -Ln --timeout
    turnout mark list
    turnout settings
    turnout service show "tcp:$VIP:80"
    turnout drain list | awk '{ print $1, $2 }'
}
daemon() { at director timeout 60 "$BIN/turnoutd" --state "$state"; }

configure() {
    ipvsadm -R <<-END
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r 10.1.0.13 -m
		-a -t $VIP:80 -r 10.1.0.11 -m
		-a -t $VIP:80 -r 10.1.0.12 -m -w 0 -x 9 -y 4
		-A -u $VIP:53 -s mh -b mh-port -p 77 -M 255.255.255.0
		-a -u $VIP:53 -r 10.1.0.11 -i --tun-type gue --tun-port 6080
		-A -f 7 -6 -s wlc
	END
    ipvsadm --set 901 121 301
    turnout mark add --to 192.0.2.1 --mark 3 >/dev/null
    turnout mark add --to 192.0.2.2 --mark 4 >/dev/null
    turnout mark delete 1
    turnout set schedule_icmp 1
    turnout service set "tcp:$VIP:80" --timeout established=2h --reset-idle on
    turnout drain start "udp:$VIP:53" 10.1.0.11 --deadline 1h >/dev/null
}

begin "a director is configured, and all of it is seen"
start
configure
before=$(seen)
expect_equal "web" "rs1 rs3 rs1" "$(traffic tcp "$VIP" 80 21000-21002)"
# The drain is what was configured last.
is_saved() { grep -q '"drain": {' "$state"; }
eventually 20 is_saved

begin "a reboot without warning: the same is seen, and served"
reboot
expect_failure 'refused|connect to' at client curl -sS --max-time 3 "http://$HOST/"
start
expect_match "its log" 'READY new data plane' "$(cat "$LAB_STATE/turnoutd.log")"
expect_equal "what is seen" "$before" "$(seen)"
expect_equal "web" "rs1 rs3 rs1" "$(traffic tcp "$VIP" 80 22000-22002)"

begin "an orderly end saves the last change, too"
ipvsadm -e -t "$VIP:80" -r 10.1.0.12 -m -w 5
end_director TERM
saved=$(sha256sum "$state")
start_director --state "$state"
expect_equal "weight" 1 "$(ipvsadm -Sn | grep -c -- '-r 10.1.0.12:80 -m -w 5')"
expect_equal "the file, when nothing was changed" "$saved" "$(sha256sum "$state")"

begin "many changes are saved while they are made, and cost no more than before"
for ((i = 1; i <= 2000; i++)); do echo "-A -t 203.0.113.77:$i"; done >"$LAB_STATE/many"
ipvsadm -R <"$LAB_STATE/many"
all_saved() { [[ $(grep -c 203.0.113.77 "$state") == 2000 ]]; }
eventually 10 all_saved
before=$(seen)
reboot
start
expect_equal "what is seen" "$before" "$(seen)"

begin "a file that cannot be understood is named, and neither used nor touched"
reboot
for damage in 's/"format": 1/"format": 2/' 100q 's/"rr"/"best"/' 's/"weight": 5/"weight": -5/'; do
    sed "$damage" "$state" >"$LAB_STATE/damaged"
    hash=$(sha256sum <"$LAB_STATE/damaged")
    expect_failure "state.*--state" at director timeout 60 "$BIN/turnoutd" --state "$LAB_STATE/damaged"
    expect_equal "the damaged file" "$hash" "$(sha256sum <"$LAB_STATE/damaged")"
    expect_equal "tc filters" "" "$(at director tc filter show dev eth0 ingress)"
done

begin "a file that cannot be written is told at the start"
expect_failure 'cannot be saved.*--state' at director timeout 60 "$BIN/turnoutd" --state /proc/turnout.json

begin "turnout down --keep-services: the next director has them"
start
turnout down --keep-services
start
expect_equal "what is seen" "$before" "$(seen)"

begin "turnout down: the next director has none"
turnout down
[[ ! -e $state ]] || fail "the state file is still there"
start_director --state "$state"
expect_equal "services" "" "$(ipvsadm -Sn)"
turnout down

begin "without --state, the file is named by the network namespace"
start_director --state ""
ipvsadm -A -t "$VIP:80"
end_director TERM
expect_equal "services saved" 1 "$(grep -c "$VIP" "$standard")"
turnout down
[[ ! -e $standard ]] || fail "$standard is still there"

begin "--state none saves nothing and removes nothing"
echo untouched >"$state"
start_director
ipvsadm -A -t "$VIP:80"
turnout down
[[ ! -e $standard ]] || fail "$standard has been made"
expect_equal "a file that was not ours" untouched "$(cat "$state")"
