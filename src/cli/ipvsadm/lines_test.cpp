#include "cli/ipvsadm/lines.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "base/fd.hpp"

namespace turnout::ipvsadm {
namespace {

struct LinesTest : testing::Test {
    LinesTest() {
        int ends[2];
        EXPECT_EQ(pipe(ends), 0);
        reads = Fd(ends[0]);
        writes = Fd(ends[1]);
    }
    void put(const std::string& text) {
        ASSERT_EQ(write(writes.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }

    Fd reads, writes;
};

TEST_F(LinesTest, are_given_as_they_come) {
    Lines lines(reads.get());
    EXPECT_FALSE(lines.at_hand());
    put("one\n\ntw");
    EXPECT_EQ(lines.next(), "one");
    EXPECT_TRUE(lines.at_hand());
    EXPECT_EQ(lines.next(), "");
    EXPECT_FALSE(lines.at_hand());
    put("o\nthree");
    EXPECT_EQ(lines.next(), "two");
    writes = Fd();
    EXPECT_EQ(lines.next(), "three");
    EXPECT_EQ(lines.next(), std::nullopt);
    EXPECT_EQ(lines.next(), std::nullopt);
}

TEST_F(LinesTest, may_be_long) {
    const std::string half(40000, 'x');
    put(half);
    Lines lines(reads.get());
    EXPECT_FALSE(lines.at_hand());
    std::thread rest([&] { put(half + "\nnext\n"); });
    EXPECT_EQ(lines.next(), half + half);
    rest.join();
    EXPECT_EQ(lines.next(), "next");
}

TEST(Lines, of_nothing_that_can_be_read_are_none) {
    EXPECT_EQ(Lines(-1).next(), std::nullopt);
}

}  // namespace
}  // namespace turnout::ipvsadm
