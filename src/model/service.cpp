#include "model/service.hpp"

namespace turnout::model {

const char* to_string(Protocol protocol) {
    switch (protocol) {
        case Protocol::tcp:
            return "TCP";
        case Protocol::udp:
            return "UDP";
        case Protocol::sctp:
            return "SCTP";
        case Protocol::none:
            break;
    }
    return "?";
}

const char* to_string(Method method) {
    switch (method) {
        case Method::nat:
            return "Masq";
        case Method::local:
            return "Local";
        case Method::tunnel:
            return "Tunnel";
        case Method::direct:
            return "Route";
    }
    return "?";
}

std::string to_string(const ServiceKey& key) {
    if (key.mark == 0)
        return std::string(to_string(key.protocol)) + " " + to_string(key.address, key.port);
    const char* family = key.address.family == Family::ipv6 ? " IPv6" : "";
    return "FWM " + std::to_string(key.mark) + family;
}

}  // namespace turnout::model
