#include "realserver/mss.hpp"

#include <algorithm>
#include <charconv>

#include "wire/gre.hpp"
#include "wire/gue.hpp"
#include "wire/ip.hpp"
#include "wire/transport.hpp"

namespace turnout::realserver {

namespace {

constexpr const char* automatic = "auto";

// With everything in them that is optional, and an IPv6 header around it.
constexpr size_t gre = sizeof(GreHeader) + sizeof(GreChecksum);
constexpr size_t gue = sizeof(UdpHeader) + sizeof(GueHeader) + sizeof(GueRemoteChecksum);
static_assert(gue > gre);

size_t ip_header(model::Family family) {
    return family == model::Family::ipv4 ? sizeof(Ipv4Header) : sizeof(Ipv6Header);
}

}  // namespace

std::string to_string(const Mss& mss) {
    if (mss.automatic) return automatic;
    return mss.most == 0 ? "" : std::to_string(mss.most);
}

std::optional<Mss> parse_mss(const std::string& text) {
    if (text.empty()) return Mss{};
    if (text == automatic) return Mss{.automatic = true, .most = 0};
    Mss mss;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, mss.most);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    if (mss.most < least_mss || mss.most > most_mss) return std::nullopt;
    return mss;
}

Result<uint16_t> fitting_mss(model::Family family, uint32_t mtu, bool with_gue) {
    const size_t outer = sizeof(Ipv6Header) + (with_gue ? gue : gre);
    const size_t headers = outer + ip_header(family) + sizeof(TcpHeader);
    if (mtu < headers + least_mss)
        return fail(EMSGSIZE, "an MTU of " + std::to_string(mtu) +
                                  " leaves no room for a tunnel: raise it, or give --mss a number");
    return static_cast<uint16_t>(std::min<size_t>(mtu - headers, most_mss));
}

}  // namespace turnout::realserver
