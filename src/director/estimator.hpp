// Rates as IPVS's estimator makes them: every two seconds a quarter of the new rate joins three
// quarters of the old.
#pragma once

#include <cstdint>

#include "model/report.hpp"

namespace turnout::director {

class Estimator {
  public:
    static constexpr uint64_t period_ns = 2000000000;

    // To be called once a period with counters that only grow; smaller ones start anew.
    void sample(const model::Counters& now);
    model::Rates rates() const;

  private:
    // Per second, in 1024ths: IPVS keeps ten bits of fraction, so slow rates do not round away.
    struct Scaled {
        int64_t rate = 0;
        void join(uint64_t before, uint64_t now);
        uint64_t rounded() const { return static_cast<uint64_t>(rate + 0x1ff) >> 10; }
    };
    model::Counters last_;
    Scaled connections_, in_packets_, out_packets_, in_bytes_, out_bytes_;
};

}  // namespace turnout::director
