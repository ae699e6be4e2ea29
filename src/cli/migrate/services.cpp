#include "cli/migrate/services.hpp"

#include "model/names.hpp"

namespace turnout::cli::migrate {
namespace {

// Of abi: as ipvsadm gives it for --tun-remcsum.
constexpr uint16_t remote_checksum = 2;

}  // namespace

void Services::add(const std::string& where, const model::Service& service) {
    if (auto ok = control_.apply(model::AddService{service}); !ok) {
        findings_.push_back({Weight::refused, where, ok.error().message, ""});
        return;
    }
    ++services_;
    if (service.key.mark)
        tell_once(Weight::to_do, where,
                  "packets meet Turnout before netfilter, so marks that iptables or nftables set "
                  "choose no service",
                  "`iptables-save -t mangle | turnout mark import`; docs/user/marks.md");
}

void Services::add(const std::string& where, const model::ServiceKey& service,
                   const model::Server& server) {
    if (auto ok = control_.apply(model::AddServer{service, server}); !ok) {
        findings_.push_back({Weight::refused, where, ok.error().message, ""});
        return;
    }
    ++servers_;
    if (server.method == model::Method::nat)
        tell_once(Weight::different, where,
                  "what NAT servers get and answer does not pass netfilter: its rules, its "
                  "connection tracking and its NAT do not see these packets",
                  "filter at the servers, or with a tc or XDP program before Turnout's");
    if (server.method == model::Method::tunnel && server.tunnel.flags & remote_checksum)
        tell_once(Weight::different, where, "--tun-remcsum does what --tun-csum does", "");
}

// What holds for a kind of thing is told at the first.
void Services::tell_once(Weight weight, const std::string& where, const std::string& what,
                         const std::string& cure) {
    if (told_.insert(what).second) findings_.push_back({weight, where, what, cure});
}

}  // namespace turnout::cli::migrate
