#include "model/connection_filter.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>

namespace turnout::model {
namespace {

// Every state that a connection or template can be listed with.
constexpr std::string_view states[] = {
    "NONE",   "ASSURED",    "ESTABLISHED", "SYN_SENT",  "SYN_RECV", "FIN_WAIT", "TIME_WAIT",
    "CLOSE",  "CLOSED",     "CLOSE_WAIT",  "LAST_ACK",  "LISTEN",   "SYNACK",   "UDP",
    "INIT1",  "INIT",       "C-SENT",      "C-REPLIED", "C-WAIT",   "COOKIE",   "C-ECHOED",
    "S-SENT", "S-RECEIVED", "S-ACK-SENT",  "REJECTED"};

Result<std::string> state_named(std::string_view text) {
    std::string name(text);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    if (std::ranges::find(states, name) != std::end(states)) return name;
    std::string known;
    for (const auto state : states) known += (known.empty() ? "" : ", ") + std::string(state);
    return fail(EINVAL, "no state \"" + std::string(text) + "\"; there are " + known);
}

Result<Protocol> some_protocol(std::string_view text) {
    if (const auto protocol = protocol_named(text)) return *protocol;
    return fail(EINVAL, "no protocol \"" + std::string(text) + "\"; there are tcp, udp and sctp");
}

Result<bool> kind_named(std::string_view text) {
    if (text == "template") return true;
    if (text == "connection") return false;
    return fail(EINVAL, "no kind \"" + std::string(text) + "\"; there are connection and template");
}

template <class Value>
Status take(Result<Value> parsed, std::optional<Value>& value) {
    if (!parsed) return std::unexpected(parsed.error());
    value = *std::move(parsed);
    return {};
}

bool is_at(const EndpointName& name, const Address& address, uint16_t port) {
    return name.prefix.holds(address) && (!name.port || *name.port == port);
}

}  // namespace

Status ConnectionFilter::add(std::string_view name, std::string_view value) {
    if (name == "client") return take(endpoint_named(value), client);
    if (name == "server") return take(endpoint_named(value), server);
    if (name == "service") return take(service_named(value), service);
    if (name == "protocol") return take(some_protocol(value), protocol);
    if (name == "state") return take(state_named(value), state);
    if (name == "kind") return take(kind_named(value), is_template);
    return fail(EINVAL, "no filter \"" + std::string(name) +
                            "\"; there are client, server, service, protocol, state and kind");
}

bool ConnectionFilter::matches(const ConnectionReport& c) const {
    return (!is_template || *is_template == c.is_template) &&
           (!protocol || *protocol == c.protocol) && (!service || *service == c.service) &&
           (!state || *state == c.state) && (!client || is_at(*client, c.client, c.client_port)) &&
           (!server || is_at(*server, c.serving.address, c.serving.port));
}

}  // namespace turnout::model
