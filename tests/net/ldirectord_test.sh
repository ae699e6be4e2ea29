#!/bin/bash
# ldirectord and mon, unmodified, with Turnout's ipvsadm in its usual place: they take servers that fail out
# of their service and bring them back.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm
for program in /usr/sbin/ldirectord /usr/sbin/mon /usr/sbin/ipvsadm; do
    [[ -x $program ]] || { echo "SKIPPED: $program is not installed (apt-get install $(basename $program))"; exit 77; }
done

# with_our_ipvsadm CMD… &: in the director's network, with our ipvsadm where Debian's is; $! is the command.
with_our_ipvsadm() {
    # shellcheck disable=SC2016  # expanded by the shell within
    exec nsenter --net="/run/netns/$LAB_NAME-director" -- unshare --mount bash -c \
        'mount --bind "$1" /usr/sbin/ipvsadm && exec "${@:2}"' - "$BIN/ipvsadm" "$@"
}

servers() { ipvsadm -Ln "$@" | awk '/->/ && !/Remote/ {print $2, $3, $4}' | paste -sd, -; }
servers_are() { [[ $(servers "${@:2}") == "$1" ]]; }
stop_web() { kill "$(cat "$LAB_STATE/$1/nginx.pid")"; }
start_web() { at "$1" nginx -e "$LAB_STATE/$1/nginx.log" -p "$LAB_STATE/$1" -c "$LAB_STATE/$1/nginx.conf"; }

rs1=$(server_address 1) rs2=$(server_address 2) rs3=$(server_address 3)

up_lab
start_director

begin "ldirectord brings its services up"
cat >"$LAB_STATE/ldirectord.cf" <<END
checktimeout=2
checkinterval=1
quiescent=no
autoreload=no
logfile="$LAB_STATE/ldirectord.log"
virtual=$VIP:80
	real=$rs1:80 masq 3
	real=$rs2:80 masq
	fallback=$rs3:80 masq
	service=http
	scheduler=wrr
	protocol=tcp
	checktype=negotiate
	request="/"
	receive="rs"
	virtualhost=lab
	persistent=60
virtual=$VIP:53
	real=$rs1:53 gate
	service=dns
	scheduler=rr
	protocol=udp
	checktype=on
virtual=7
	real=$rs1 gate 2
	service=http
	scheduler=lc
	protocol=fwm
	checktype=on
END
with_our_ipvsadm /usr/sbin/ldirectord -d "$LAB_STATE/ldirectord.cf" start >"$LAB_STATE/ldirectord.out" 2>&1 &
ldirectord=$!
eventually 20 servers_are "$rs1:80 Masq 3,$rs2:80 Masq 1" -t "$VIP:80"
eventually 10 servers_are "$rs1:53 Route 1" -u "$VIP:53"
eventually 10 servers_are "$rs1:0 Route 2" -f 7
expect_match "the service" 'wrr persistent 60' "$(ipvsadm -Ln -t "$VIP:80")"

begin "ldirectord takes out a server that fails, and brings it back"
stop_web rs1
eventually 20 servers_are "$rs2:80 Masq 1" -t "$VIP:80"
expect_equal "web" "rs2" "$(traffic tcp "$VIP" 80 20000)"
stop_web rs2
eventually 20 servers_are "$rs3:80 Masq 1" -t "$VIP:80"
start_web rs1
start_web rs2
eventually 20 servers_are "$rs1:80 Masq 3,$rs2:80 Masq 1" -t "$VIP:80"

begin "ldirectord ends, and takes its services away"
kill "$ldirectord"
wait "$ldirectord" || true
expect_equal "the table" "" "$(ipvsadm -Sn)"

begin "mon, with an alert script that runs ipvsadm"
mkdir -p "$LAB_STATE"/{alerts,state}
cat >"$LAB_STATE/alerts/lvs.alert" <<END
#!/bin/sh
# mon tells what has happened in MON_ALERTTYPE, and to whom in MON_LAST_SUMMARY.
for server in \$MON_LAST_SUMMARY; do
    case \$MON_ALERTTYPE in
        failure) ipvsadm -d -t $VIP:80 -r "\$server:80" ;;
        up) ipvsadm -a -t $VIP:80 -r "\$server:80" -m -w 1 ;;
    esac
done
END
chmod +x "$LAB_STATE/alerts/lvs.alert"
cat >"$LAB_STATE/mon.cf" <<END
alertdir = $LAB_STATE/alerts
mondir = /usr/lib/mon/mon.d
statedir = $LAB_STATE/state
logdir = $LAB_STATE/state
pidfile = $LAB_STATE/mon.pid
serverbind = 127.0.0.1
trapbind = 127.0.0.1

hostgroup web $rs1

watch web
    service http
        interval 2s
        monitor http.monitor -t 2
        period wd {Sun-Sat}
            alert lvs.alert
            upalert lvs.alert
END
ipvsadm -A -t "$VIP:80" -s rr
ipvsadm -a -t "$VIP:80" -r "$rs1:80" -m
ipvsadm -a -t "$VIP:80" -r "$rs2:80" -m
with_our_ipvsadm /usr/sbin/mon -c "$LAB_STATE/mon.cf" >"$LAB_STATE/mon.out" 2>&1 &
mon=$!
finds_all_well() { at director moncmd -s 127.0.0.1 list opstatus | grep -q 'opstatus=1 '; }
eventually 15 finds_all_well
expect_equal "while all is well" "$rs1:80 Masq 1,$rs2:80 Masq 1" "$(servers -t "$VIP:80")"
stop_web rs1
eventually 20 servers_are "$rs2:80 Masq 1" -t "$VIP:80"
start_web rs1
eventually 20 servers_are "$rs1:80 Masq 1,$rs2:80 Masq 1" -t "$VIP:80"
kill "$mon"
wait "$mon" || true
