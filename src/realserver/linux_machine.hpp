// The things of thing.hpp on this host, in the network namespace this process is in.
#pragma once

#include "model/address.hpp"
#include "realserver/filter.hpp"
#include "realserver/netlink.hpp"
#include "realserver/thing.hpp"

namespace turnout::realserver {

class LinuxMachine : public Machine {
  public:
    explicit LinuxMachine(const model::Address& vip) : vip_(vip) {}

    Result<std::string> read(const Thing& thing) override;
    Status write(const Thing& thing, const std::string& state) override;
    Result<std::vector<Interface>> interfaces() override;
    // By the decapsulators on all interfaces together.
    filter::Reassembled reassembled() const;

  private:
    Result<std::string> read_address() const;
    Status write_address(const netlink::Link& link, const std::string& state) const;
    Result<std::string> read_on(const Thing& thing, const netlink::Link& link) const;
    Status write_on(const Thing& thing, const netlink::Link& link, const std::string& state) const;

    model::Address vip_;
};

}  // namespace turnout::realserver
