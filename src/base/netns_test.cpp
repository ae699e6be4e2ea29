#include "base/netns.hpp"

#include <gtest/gtest.h>

namespace turnout {
namespace {

TEST(Netns, the_cookie_of_a_namespace_stays) {
    const auto first = netns_cookie();
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_NE(*first, 0u);
    EXPECT_EQ(*netns_cookie(), *first);
}

}  // namespace
}  // namespace turnout
