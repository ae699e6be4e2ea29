// Connections that make way for new ones: ended ones by conn_reuse_mode, and with
// expire_nodest_conn those whose server is gone.
#include "packet/cases/common.hpp"

namespace turnout::test {
namespace {

Bytes segment(uint8_t flags) {
    return frame(request(), Tcp{client_port, web_port, flags});
}

Step reaches(uint8_t number, uint8_t flags, Method method) {
    const bool nat = method == Method::nat;
    const Ip ip{client, nat ? server(number) : vip, 63};
    return {segment(flags), Verdict::transmit,
            frame(ip, Tcp{client_port, nat ? server_port : web_port, flags}, "", towards_server)};
}

std::vector<Change> two_servers(Method method) {
    return {service(Protocol::tcp), add(Protocol::tcp, 1, method), add(Protocol::tcp, 2, method)};
}

// Opened at server 2, which is chosen first; then these flags, and a SYN that reaches a server.
Case reopened(const std::string& name, Method method, uint8_t flags, uint8_t reached,
              int64_t mode) {
    Case made{name,
              two_servers(method),
              {reaches(2, SYN, method), reaches(2, flags, method), reaches(reached, SYN, method)}};
    made.settings = {{"conn_reuse_mode", mode}};
    return made;
}

// What comes of a connection when its server has gone.
Case gone(const std::string& name, const Change& change, const Step& step, int64_t expire) {
    Case made{name, two_servers(Method::direct), {reaches(2, SYN, Method::direct), step}};
    made.later = {change};
    made.settings = {{"expire_nodest_conn", expire}};
    return made;
}

}  // namespace

std::vector<Case> making_way() {
    const Change removal =
        model::RemoveServer{key(Protocol::tcp), server_value(2, Method::direct).key};
    const Change quiet = model::EditServer{key(Protocol::tcp), server_value(2, Method::direct, 0)};
    const Step data = reaches(2, ACK, Method::direct);
    return {
        reopened("an ended connection makes way", Method::direct, RST, 1, 1),
        reopened("and not with conn_reuse_mode 0", Method::direct, RST, 2, 0),
        reopened("one in FIN_WAIT does not", Method::direct, FIN | ACK, 2, 1),
        reopened("one in FIN_WAIT does with conn_reuse_mode 2", Method::direct, FIN | ACK, 1, 2),
        gone("a removed server's connection makes way", removal, reaches(1, SYN, Method::direct),
             1),
        gone("and its data are the host's", removal, {segment(ACK), Verdict::pass}, 1),
        gone("a SYN leaves a server of weight 0", quiet, reaches(1, SYN, Method::direct), 1),
        gone("data do not", quiet, data, 1),
        gone("nor does a SYN as a rule", quiet, reaches(2, SYN, Method::direct), 0),
    };
}

}  // namespace turnout::test
