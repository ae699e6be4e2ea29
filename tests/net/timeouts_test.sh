#!/bin/bash
# Timeouts by state and by service, and settings, on live connections; a daemon that starts anew keeps
# them.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

# How many connections to a port of the service address are listed.
connections_to() { ipvsadm -Lnc | grep -c "$VIP:$1 " || true; }
none_to() { [[ $(connections_to "$1") == 0 ]]; }
counts_are() { ipvsadm -Ln -t "$VIP:80" | grep -Eq "10.1.0.11:80 .* $1 +$2 *$"; }

up_lab --servers 1
start_director
ipvsadm -A -u "$VIP:53" -s rr
ipvsadm -a -u "$VIP:53" -r 10.1.0.11 -m
ipvsadm -A -t "$VIP:80" -s rr
ipvsadm -a -t "$VIP:80" -r 10.1.0.11 -m

begin "what cannot be is refused"
expect_failure 'names no service' turnout service set web --timeout udp=1s
expect_failure 'no virtual service' turnout service set "tcp:$VIP:81" --timeout udp=1s
expect_failure 'no state "upd"' turnout service set "udp:$VIP:53" --timeout upd=1s
expect_failure 'is no duration' turnout service set "udp:$VIP:53" --timeout udp=soon
expect_failure 'makes no sense here: packets do not pass netfilter' turnout set conntrack 1
expect_failure 'conn_reuse_mode is 0 to 3, not 4' turnout set conn_reuse_mode 4

begin "a service's own timeout, while others keep everybody's"
turnout set timeout.time_wait 7
turnout service set "udp:$VIP:53" --timeout udp=2s
traffic udp "$VIP" 53 20000-20004 >/dev/null
traffic tcp "$VIP" 80 20000 >/dev/null
expect_equal "flows, and their time" 5 "$(ipvsadm -Lnc | grep -c '^UDP 00:0[012] ')"
expect_equal "a connection, and its time" 1 "$(ipvsadm -Lnc | grep -c '^TCP 00:0[0-7] ')"
eventually 8 none_to 53

begin "everybody's timeout, by ipvsadm"
ipvsadm --set 0 0 7
expect_match "--timeout" 'tcpfin udp\): 900 120 7$' "$(ipvsadm -L --timeout)"
expect_match "the setting" '^timeout.udp +7 ' "$(turnout settings | grep '^timeout.udp')"

begin "settings out of sysctl.d"
conf=$LAB_STATE/vs.conf
printf '%s\n' '# ours' 'net.ipv4.ip_forward = 1' 'net/ipv4/vs/expire_nodest_conn=1' \
    '-net.ipv4.vs.conntrack = 1' 'net.ipv4.vs.drop_entry = 4' >"$conf"
expect_failure 'vs.conf:5: drop_entry is 0 to 3, not "4"; nothing is changed' \
    turnout settings import "$conf"
expect_match "unchanged" '^expire_nodest_conn +0 ' "$(turnout settings | grep '^expire_nodest')"
sed -i 's/drop_entry = 4/drop_entry = 1/' "$conf"
expect_match "what was done" 'conntrack is not taken over: .*netfilter' "$(turnout settings import "$conf" 2>&1)"
expect_match "taken over" '^expire_nodest_conn +1 ' "$(turnout settings | grep '^expire_nodest')"
expect_match "taken over" '^drop_entry +1 ' "$(turnout settings | grep '^drop_entry')"

begin "a daemon that starts anew has them still"
end_director KILL
start_director
expect_match "the service's own" '^udp +2s' "$(turnout service show "udp:$VIP:53" | tail -1)"
expect_match "the setting" '^timeout.time_wait +7 ' "$(turnout settings | grep '^timeout.time_wait')"

begin "all connections end, and count for nobody"
turnout service set "udp:$VIP:53" --timeout udp=default
expect_match "its own" "everybody's timeouts" "$(turnout service show "udp:$VIP:53")"
eventually 15 none_to 80
eventually 5 counts_are 0 0
