#include "director/estimator.hpp"

namespace turnout::director {

void Estimator::Scaled::join(uint64_t before, uint64_t now) {
    // Difference over two seconds, scaled: << 10 / 2.
    const int64_t fresh = now < before ? 0 : static_cast<int64_t>((now - before) << 9);
    rate += (fresh - rate) >> 2;
}

void Estimator::sample(const model::Counters& now) {
    connections_.join(last_.connections, now.connections);
    in_packets_.join(last_.in_packets, now.in_packets);
    out_packets_.join(last_.out_packets, now.out_packets);
    in_bytes_.join(last_.in_bytes, now.in_bytes);
    out_bytes_.join(last_.out_bytes, now.out_bytes);
    last_ = now;
}

model::Rates Estimator::rates() const {
    return {connections_.rounded(), in_packets_.rounded(), out_packets_.rounded(),
            in_bytes_.rounded(), out_bytes_.rounded()};
}

}  // namespace turnout::director
