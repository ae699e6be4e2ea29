// Addresses and ports as people read them: by name, or by number with -n.
#pragma once

#include <string>

#include "model/service.hpp"

namespace turnout::ipvsadm {

class Names {
  public:
    explicit Names(bool numeric) : numeric_(numeric) {}

    // "192.0.2.1:80", "[2001:db8::1]:80", "www.example.org:http".  What has no name is a number;
    // cut as lists cut it.
    std::string endpoint(const model::Address& address, uint16_t port,
                         model::Protocol protocol) const;
    // The same in full.
    std::string whole_endpoint(const model::Address& address, uint16_t port,
                               model::Protocol protocol) const;

  private:
    bool numeric_;
};

}  // namespace turnout::ipvsadm
