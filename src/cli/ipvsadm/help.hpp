// What `ipvsadm -h` and `ipvsadm -v` say.
#pragma once

namespace turnout::ipvsadm {

// Programs read this line: it names the interface, not us.
inline constexpr const char* version =
    "ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)";

inline constexpr const char* help =
    R"(ipvsadm for Turnout: tells a director which services it balances over which servers.

Services
  ipvsadm -A|-E SERVICE [-s SCHEDULER] [-p [SECONDS]] [-M NETMASK] [--pe ENGINE] [-b FLAGS] [-o]
  ipvsadm -D SERVICE
  ipvsadm -C                          delete all services
Servers
  ipvsadm -a|-e SERVICE -r ADDRESS[:PORT] [-g|-i|-m] [-w WEIGHT] [-x UPPER] [-y LOWER] [TUNNEL]
  ipvsadm -d SERVICE -r ADDRESS[:PORT]
What is there
  ipvsadm -L|-l [SERVICE] [-n] [--stats|--rate] [--exact] [--thresholds] [--persistent-conn]
                [--tun-info] [--nosort]
  ipvsadm -L -c [-n]                  connections
  ipvsadm -L --timeout | -L --daemon
  ipvsadm -Z [SERVICE]                set counters to zero
Rules
  ipvsadm -S [-n]                     print them, as -R reads them
  ipvsadm -R                          apply them from standard input, line by line
Other
  ipvsadm --set TCP TCPFIN UDP        timeouts in seconds; 0 leaves one as it is
  ipvsadm --start-daemon master|backup [--mcast-interface NAME] [--syncid ID] [--sync-maxlen BYTES]
          [--mcast-group ADDRESS] [--mcast-port PORT] [--mcast-ttl TTL]
  ipvsadm --stop-daemon master|backup [--syncid ID]
  ipvsadm -h | -v

SERVICE    -t ADDRESS:PORT, -u ADDRESS:PORT, --sctp-service ADDRESS:PORT, or -f MARK [-6]
ADDRESS    IPv4, a host's name, or [IPv6] in brackets before a port
SCHEDULER  wlc unless said
FLAGS      sh-fallback, sh-port, mh-fallback, mh-port, flag-1, flag-2, flag-3; comma between
-g -i -m   direct routing (unless said), tunnel, NAT
TUNNEL     --tun-type ipip|gue|gre, --tun-port PORT, --tun-nocsum|--tun-csum|--tun-remcsum
-p         clients stay with their server; 360 seconds unless said
-o         one-packet scheduling (UDP)

Long names: --add-service --edit-service --delete-service --clear --add-server --edit-server
--delete-server --list --zero --save --restore --tcp-service --udp-service --fwmark-service --ipv6
--scheduler --persistent --netmask --sched-flags --ops --real-server --gatewaying --ipip
--masquerading --weight --u-threshold --l-threshold --numeric --connection --help --version)";

}  // namespace turnout::ipvsadm
