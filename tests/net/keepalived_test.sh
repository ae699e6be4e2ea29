#!/bin/bash
# A farm under the real keepalived: its checkers take servers out and in, it is reloaded, and the daemon is
# killed and started again under it, all while clients are served.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/busy.sh
. "$tests/busy.sh"
# shellcheck source=lab/keepalived.sh
. "$root/lab/keepalived.sh"
needs turnoutd turnout ipvsadm
[[ -e $PRELOAD ]] || { echo "SKIPPED: $PRELOAD is not built"; exit 77; }
[[ -x /usr/sbin/keepalived ]] || { echo "SKIPPED: keepalived is not installed (apt-get install keepalived)"; exit 77; }

# The servers of a service with their weights, sorted.
servers() { ipvsadm -Ln "$@" | awk '/->/ && !/Remote/ {print $2, $4}' | paste -sd, -; }
servers_are() { [[ $(servers "${@:2}") == "$1" ]]; }

# configuration WEIGHT: of rs1 in the web service; more of it than a farm needs, for keepalived has more.
configuration() {
    cat <<CONF
global_defs {
    router_id lab
    script_user root
    enable_script_security
}
virtual_server_group web {
    $VIP 80
    $VIP 8080
}
virtual_server group web {
    delay_loop 1
    lvs_sched wrr
    lvs_method NAT
    protocol TCP
    alpha
    quorum 1
    quorum_up "/usr/bin/touch $LAB_STATE/quorum"
    quorum_down "/usr/bin/rm -f $LAB_STATE/quorum"
    sorry_server $(server_address 3) 80
    real_server $(server_address 1) 80 {
        weight $1
        uthreshold 5000
        lthreshold 4000
        notify_up "/usr/bin/touch $LAB_STATE/rs1-is-up"
        notify_down "/usr/bin/rm -f $LAB_STATE/rs1-is-up"
        HTTP_GET {
            url {
                path /
                status_code 200
            }
            connect_timeout 1
            retry 0
        }
    }
    real_server $(server_address 2) 80 {
        weight 2
        inhibit_on_failure
        MISC_CHECK {
            misc_path "/usr/bin/test ! -e $LAB_STATE/rs2-is-ill"
        }
    }
}
virtual_server $VIP 53 {
    delay_loop 1
    lvs_sched rr
    lvs_method NAT
    protocol UDP
    real_server $(server_address 1) 53 {
        DNS_CHECK {
            type txt
            name who.lab.test
            connect_timeout 1
            retry 0
        }
    }
    real_server $(server_address 2) 53 {
        UDP_CHECK {
            connect_timeout 1
            retry 0
            payload 000101000001000000000000
            require_reply 0001
        }
    }
}
virtual_server fwmark 7 {
    lvs_sched sh
    sh-port
    lvs_method TUN type gue port 6080
    persistence_timeout 60
    real_server $(server_address 3) 0 {
        weight 4
    }
}
CONF
}

rs1=$(server_address 1):80 rs2=$(server_address 2):80 rs3=$(server_address 3):80
names="$(server_address 1):53 1,$(server_address 2):53 1"

up_lab
start_director --state "$LAB_STATE/state.json"

begin "keepalived brings the farm up"
configuration 1 >"$LAB_STATE/keepalived.conf"
start_keepalived director -D -C
for port in 80 8080; do eventually 20 servers_are "$rs1 1,$rs2 2" -t "$VIP:$port"; done
eventually 10 servers_are "$names" -u "$VIP:53"
expect_equal "by mark" "$(server_address 3):0 4" "$(servers -f 7)"
expect_match "by mark" 'gue:6080:-c' "$(ipvsadm -Ln -f 7 --tun-info)"
expect_match "by mark" 'sh \(sh-port\) persistent 60' "$(ipvsadm -Ln -f 7)"
expect_match "thresholds" "$(literally "$rs1") +5000 +4000" "$(ipvsadm -Ln -t "$VIP:80" --thresholds)"
eventually 5 test -e "$LAB_STATE/quorum"
eventually 5 test -e "$LAB_STATE/rs1-is-up"

begin "servers fail and come back"
kill "$(cat "$LAB_STATE/rs1/nginx.pid")"
eventually 10 servers_are "$rs2 2" -t "$VIP:80"
eventually 5 test ! -e "$LAB_STATE/rs1-is-up"
expect_equal "web" "rs2 rs2 rs2" "$(traffic tcp "$VIP" 80 20000-20002)"
touch "$LAB_STATE/rs2-is-ill"
eventually 10 servers_are "$rs2 0,$rs3 1" -t "$VIP:80"
eventually 5 test ! -e "$LAB_STATE/quorum"
expect_equal "the sorry server" "rs3 rs3" "$(traffic tcp "$VIP" 80 20010-20011)"
rm "$LAB_STATE/rs2-is-ill"
at rs1 nginx -e "$LAB_STATE/rs1/nginx.log" -p "$LAB_STATE/rs1" -c "$LAB_STATE/rs1/nginx.conf"
eventually 10 servers_are "$rs1 1,$rs2 2" -t "$VIP:80"
eventually 5 test -e "$LAB_STATE/quorum"

begin "under load, keepalived is reloaded"
begin_load
configuration 5 >"$LAB_STATE/keepalived.conf"
kill -s HUP "$keepalived_pid"
eventually 10 servers_are "$rs1 5,$rs2 2" -t "$VIP:80"

begin "under load, the daemon is killed and started again, three times"
table=$(ipvsadm -Sn)
for ((i = 0; i < 3; i++)); do
    end_director KILL
    sleep 1
    start_director --state "$LAB_STATE/state.json"
    expect_equal "the table" "$table" "$(ipvsadm -Sn)"
done
end_load

begin "what failed while there was no daemon is made good by itself"
end_director KILL
touch "$LAB_STATE/rs2-is-ill"
sleep 3
start_director --state "$LAB_STATE/state.json"
eventually 15 servers_are "$rs1 5,$rs2 0" -t "$VIP:80"

begin "keepalived ends, and takes its services away"
kill "$keepalived_pid"
wait "$keepalived_pid" || true
expect_equal "the table" "" "$(ipvsadm -Sn)"
