#include "director/estimator.hpp"

#include <gtest/gtest.h>

namespace turnout::director {
namespace {

TEST(Estimator, a_steady_rate_is_approached) {
    Estimator estimator;
    model::Counters counters;
    for (int period = 0; period < 40; ++period) {
        counters.in_packets += 2000;
        estimator.sample(counters);
    }
    EXPECT_NEAR(static_cast<double>(estimator.rates().in_packets), 1000, 1);
    EXPECT_EQ(estimator.rates().out_packets, 0u);
}

TEST(Estimator, a_quarter_of_the_new_rate_joins) {
    Estimator estimator;
    model::Counters counters;
    counters.connections = 800;  // 400 per second
    estimator.sample(counters);
    EXPECT_EQ(estimator.rates().connections, 100u);
    estimator.sample(counters);
    EXPECT_EQ(estimator.rates().connections, 75u);
}

TEST(Estimator, counters_that_were_zeroed_give_no_absurd_rate) {
    Estimator estimator;
    model::Counters counters;
    counters.in_bytes = 1000000;
    estimator.sample(counters);
    counters.in_bytes = 0;
    estimator.sample(counters);
    EXPECT_LT(estimator.rates().in_bytes, 1000000u);
}

}  // namespace
}  // namespace turnout::director
