// The filter's cells, counted: a bit is set while anyone with such an address is there.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "abi/rows.hpp"

namespace turnout::tables {

class Filter {
  public:
    explicit Filter(std::span<uint8_t> cells)
        : cells_(cells), services_(cells.size()), servers_(cells.size()) {}

    void add_service(const abi::Address& address) { add(services_, address, abi::filter::service); }
    void remove_service(const abi::Address& address) {
        remove(services_, address, abi::filter::service);
    }
    void add_nat_server(const abi::Address& address) {
        add(servers_, address, abi::filter::nat_server);
    }
    void remove_nat_server(const abi::Address& address) {
        remove(servers_, address, abi::filter::nat_server);
    }

  private:
    using Counts = std::vector<uint32_t>;
    void add(Counts& counts, const abi::Address& address, uint8_t bit) {
        const uint32_t cell = abi::filter_cell(address);
        if (counts[cell]++ == 0) cells_[cell] |= bit;
    }
    void remove(Counts& counts, const abi::Address& address, uint8_t bit) {
        const uint32_t cell = abi::filter_cell(address);
        if (--counts[cell] == 0) cells_[cell] &= static_cast<uint8_t>(~bit);
    }

    std::span<uint8_t> cells_;
    Counts services_, servers_;
};

}  // namespace turnout::tables
