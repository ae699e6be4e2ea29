// What is not ours passes: other protocols, other addresses, and what only claims to be ours.
#include "packet/cases/common.hpp"

namespace turnout::test {

std::vector<Case> passing() {
    const std::vector<Change> web = {service(Protocol::tcp), add(Protocol::tcp, 1, Method::direct)};
    Ip to_other = request();
    to_other.destination = model::Address::ipv4(198, 51, 100, 2);
    Bytes short_tcp = syn();
    short_tcp.resize(14 + 20 + 12);
    Bytes bad_length = syn();
    bad_length[14] = 0x44;  // a header of sixteen bytes
    Bytes too_long = syn();
    too_long[16] = 0x10;  // claims 4 KiB
    return {
        ipv4_alone(
            {"ARP passes",
             web,
             {{frame(request(), 1, {}, {director_mac, client_mac, 0x0806}), Verdict::pass}}}),
        ipv4_alone({"what only claims to be IPv6 passes",
                    web,
                    {{frame(request(), 6, Bytes(40), {director_mac, client_mac, 0x86dd}),
                      Verdict::pass}}}),
        ipv4_alone({"ping of the virtual address passes",
                    web,
                    {{frame(request(), 1, {8, 0, 0, 0, 0, 0, 0, 0}), Verdict::pass}}}),
        {"another port passes",
         web,
         {{frame(request(), Tcp{client_port, 22, SYN}), Verdict::pass}}},
        {"another address passes", web, {{syn(to_other), Verdict::pass}}},
        {"the other protocol passes",
         web,
         {{frame(request(), Udp{client_port, web_port}), Verdict::pass}}},
        {"an ACK without a connection passes", web, {{ack(), Verdict::pass}}},
        {"a RST without a connection passes",
         web,
         {{frame(request(), Tcp{client_port, web_port, RST}), Verdict::pass}}},
        {"SYN and RST together open nothing",
         web,
         {{frame(request(), Tcp{client_port, web_port, SYN | RST}), Verdict::pass}}},
        {"the FTP data port opens nothing",
         web,
         {{frame(request(), Tcp{20, web_port, SYN}), Verdict::pass}}},
        ipv4_alone({"a cut TCP header passes", web, {{short_tcp, Verdict::pass}}}),
        ipv4_alone({"a too small IP header length passes", web, {{bad_length, Verdict::pass}}}),
        ipv4_alone({"an IP length beyond the frame passes", web, {{too_long, Verdict::pass}}}),
        {"a frame to another MAC address passes",
         web,
         {{frame(request(), Tcp{client_port, web_port, SYN}, "", {server_mac, client_mac}),
           Verdict::pass}}},
        {"without services everything passes", {}, {{syn(), Verdict::pass}}},
    };
}

}  // namespace turnout::test
