// What some service needs of the data plane, counted: a settings flag stands while anyone does.
#pragma once

#include <array>
#include <bit>

#include "abi/rows.hpp"
#include "model/service.hpp"

namespace turnout::tables {

// Neither its address nor its port tells a reply which connection it belongs to.
inline bool is_wild(const model::ServiceKey& service) {
    return service.mark != 0 || service.port == 0;
}

// The flag that a service of this kind needs, or 0.
inline uint32_t need_of(const model::ServiceKey& service) {
    if (service.mark) return abi::settings_flag::marks;
    if (service.port == 0) return abi::settings_flag::any_port;
    if (service.port == 21) return abi::settings_flag::ftp;
    return 0;
}

inline bool binds_by_call(const model::Service& service) {
    return service.persistent() && service.persistence_engine == "sip";
}

class Needs {
  public:
    explicit Needs(abi::Settings& settings) : settings_(settings) {}

    // `flag`: one bit of settings_flag.
    void add(uint32_t flag) {
        if (count(flag)++ == 0) __atomic_fetch_or(&settings_.flags, flag, __ATOMIC_SEQ_CST);
    }
    void remove(uint32_t flag) {
        if (--count(flag) == 0) __atomic_fetch_and(&settings_.flags, ~flag, __ATOMIC_SEQ_CST);
    }
    // Clears what an earlier daemon left and nobody needs any more.
    void finish_adoption() {
        for (uint32_t bit = 0; bit < counts_.size(); ++bit)
            if (all >> bit & 1 && !counts_[bit])
                __atomic_fetch_and(&settings_.flags, ~(1u << bit), __ATOMIC_SEQ_CST);
    }

  private:
    // The flags that are needs, among those that are choices.
    static constexpr uint32_t all = 2 * abi::settings_flag::sip - 1 + abi::settings_flag::draining;
    static constexpr auto bits = std::bit_width(all);
    uint32_t& count(uint32_t flag) { return counts_[std::countr_zero(flag)]; }

    abi::Settings& settings_;
    std::array<uint32_t, bits> counts_{};
};

}  // namespace turnout::tables
