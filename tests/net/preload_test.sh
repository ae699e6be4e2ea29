#!/bin/bash
# Debian's ipvsadm and keepalived, unmodified, drive the director through libturnout-ipvs.so, each the
# director of its own namespace; the daemon is killed under keepalived and comes back.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lab/keepalived.sh
. "$root/lab/keepalived.sh"
needs turnoutd turnout ipvsadm
[[ -e $PRELOAD ]] || { echo "SKIPPED: $PRELOAD is not built"; exit 77; }
for program in /usr/sbin/ipvsadm /usr/sbin/keepalived; do
    [[ -x $program ]] || { echo "SKIPPED: $program is not installed (apt-get install $(basename $program))"; exit 77; }
done

# original [OPTION…]: Debian's ipvsadm, in the director's namespace.
original() { at director env LD_PRELOAD="$PRELOAD" /usr/sbin/ipvsadm "$@"; }
# Without the size of the table, which is ours.
listed() { ipvsadm -Ln | tail -n +4; }
servers_are() { [[ $(listed | awk '/->/ {print $2, $4}') == "$1" ]]; }
daemons() { ipvsadm -L --daemon | cut -d' ' -f1 | paste -sd' '; }
daemons_are() { [[ $(daemons) == "$1" ]]; }

check() {
    cat <<CONF
    real_server $1 80 {
        weight 1
        TCP_CHECK {
            connect_timeout 1
            retry 0
        }
    }
CONF
}

configuration() {
    cat <<CONF
global_defs {
    router_id lab
    lvs_sync_daemon eth1 VI
}
vrrp_instance VI {
    state MASTER
    interface eth1
    virtual_router_id 7
    priority 100
    advert_int 1
}
virtual_server $VIP 80 {
    delay_loop 1
    lvs_sched rr
    lvs_method NAT
    protocol TCP
$(check "$(server_address 1)")
$(check "$(server_address 2)")
}
CONF
}

both="$(server_address 1):80 1
$(server_address 2):80 1"
one="$(server_address 1):80 1"

up_lab
start_director --state "$LAB_STATE/state.json"

begin "Debian's ipvsadm configures the director, and packets follow"
original -A -t "$HOST:80" -s rr
original -a -t "$HOST:80" -r "$(server_address 1):80" -m
expect_equal "web" rs1 "$(web "$HOST")"
expect_match "the list" "TCP  $(literally "$HOST"):80 rr" "$(original -Ln)"
expect_equal "both lists" "$(ipvsadm -Ln)" "$(original -Ln)"
expect_match "connections" "TCP [0-9:]+ +[A-Z_]+ +$(literally "$CLIENT"):[0-9]+ +$(literally "$HOST"):80" "$(original -Lnc)"
expect_equal "statistics" "$(ipvsadm -Ln --stats)" "$(original -Ln --stats)"
expect_match "totals" ' 1 +[0-9A-F]+ +[0-9A-F]+ +[0-9A-F]+ +[0-9A-F]+' \
    "$(at director env LD_PRELOAD="$PRELOAD" cat /proc/net/ip_vs_stats)"

begin "where there is no director, and for others than root, it is as without the library"
expect_equal "a server's" "$(at rs1 /usr/sbin/ipvsadm -Ln 2>&1)" \
    "$(at rs1 env LD_PRELOAD="$PRELOAD" /usr/sbin/ipvsadm -Ln 2>&1)"
install -m 755 "$PRELOAD" "$LAB_STATE/library.so"
nobody() { at director setpriv --reuid 65534 --regid 65534 --clear-groups "$@" 2>&1; }
expect_match "nobody's" 'must be root' "$(nobody env LD_PRELOAD="$LAB_STATE/library.so" /usr/sbin/ipvsadm -Ln)"

begin "keepalived brings up its service, and takes out a server that fails"
original -C
configuration >"$LAB_STATE/keepalived.conf"
start_keepalived director -D
eventually 15 servers_are "$both"
expect_equal "scheduler" rr "$(listed | awk '/^TCP/ {print $3}')"
eventually 15 daemons_are master
at rs2 iptables -I INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset
eventually 15 servers_are "$one"
expect_equal "web" "rs1 rs1" "$(web "$HOST") $(web "$HOST")"
at rs2 iptables -D INPUT 1
eventually 15 servers_are "$both"

begin "the daemon is killed, and a server fails before it is back: keepalived sees it through"
end_director KILL
at rs2 iptables -I INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset
sleep 3
start_director --state "$LAB_STATE/state.json"
eventually 15 servers_are "$one"
expect_equal "the sync daemons" master "$(daemons)"
at rs2 iptables -D INPUT 1
eventually 15 servers_are "$both"
expect_match "its log" 'Resource temporarily unavailable' "$(cat "$LAB_STATE/keepalived.log")"

begin "keepalived ends, and takes its service away"
kill "$keepalived_pid"
wait "$keepalived_pid" || true
expect_equal "the table" "" "$(listed)"
expect_equal "the sync daemons" "" "$(daemons)"

begin "keepalived on another machine's network, with the director's for IPVS"
{
    echo "net_namespace_ipvs $LAB_NAME-director"
    configuration | sed '/lvs_sync_daemon/d; /^vrrp_instance/,/^}/d'
} >"$LAB_STATE/keepalived.conf"
start_keepalived rs3 -D
eventually 15 servers_are "$both"
kill "$keepalived_pid"
wait "$keepalived_pid" || true
expect_equal "the table" "" "$(listed)"
