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
    void remove_service(const abi::Address& address) { remove(services_, address); }
    void add_nat_server(const abi::Address& address) {
        add(servers_, address, abi::filter::nat_server);
    }
    void remove_nat_server(const abi::Address& address) { remove(servers_, address); }
    // A service that marks lead to may be at every address.
    void add_service_anywhere() {
        if (anywhere_++ == 0)
            for (uint8_t& cell : cells_) cell |= abi::filter::service;
    }
    void remove_service_anywhere() {
        if (--anywhere_ == 0) write_all();
    }
    // Clears what an earlier daemon left and nobody needs any more.
    void finish_adoption() { write_all(); }

  private:
    using Counts = std::vector<uint32_t>;
    // What others may still need stays: while adopting, not all are known.
    void add(Counts& counts, const abi::Address& address, uint8_t bit) {
        const uint32_t cell = abi::filter_cell(address);
        ++counts[cell];
        cells_[cell] |= bit;
    }
    void remove(Counts& counts, const abi::Address& address) {
        const uint32_t cell = abi::filter_cell(address);
        --counts[cell];
        write(cell);
    }
    void write(size_t cell) {
        uint8_t bits = anywhere_ || services_[cell] ? abi::filter::service : 0;
        if (servers_[cell]) bits |= abi::filter::nat_server;
        cells_[cell] = bits;
    }
    void write_all() {
        for (size_t cell = 0; cell < cells_.size(); ++cell) write(cell);
    }

    std::span<uint8_t> cells_;
    Counts services_, servers_;
    uint32_t anywhere_ = 0;  // services
};

}  // namespace turnout::tables
