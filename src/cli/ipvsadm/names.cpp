#include "cli/ipvsadm/names.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

namespace turnout::ipvsadm {
namespace {

// Lists have always been cut so: scripts compare them.
constexpr size_t longest_listed = 59;

const char* protocol_name(model::Protocol protocol) {
    switch (protocol) {
        case model::Protocol::tcp:
            return "tcp";
        case model::Protocol::udp:
            return "udp";
        case model::Protocol::sctp:
            return "sctp";
        case model::Protocol::none:
            break;
    }
    return nullptr;
}

std::string host_name(const model::Address& address) {
    const bool ipv4 = address.family == model::Family::ipv4;
    const hostent* host =
        gethostbyaddr(address.bytes.data(), ipv4 ? 4 : 16, ipv4 ? AF_INET : AF_INET6);
    return host ? host->h_name : address.to_string();
}

std::string port_name(uint16_t port, model::Protocol protocol) {
    const char* of = protocol_name(protocol);
    const servent* service = of ? getservbyport(htons(port), of) : nullptr;
    return service ? service->s_name : std::to_string(port);
}

}  // namespace

std::string Names::endpoint(const model::Address& address, uint16_t port,
                            model::Protocol protocol) const {
    return whole_endpoint(address, port, protocol).substr(0, longest_listed);
}

std::string Names::whole_endpoint(const model::Address& address, uint16_t port,
                                  model::Protocol protocol) const {
    if (numeric_) return model::to_string(address, port);
    const bool ipv4 = address.family == model::Family::ipv4;
    const std::string host = host_name(address);
    return (ipv4 ? host : "[" + host + "]") + ":" + port_name(port, protocol);
}

}  // namespace turnout::ipvsadm
