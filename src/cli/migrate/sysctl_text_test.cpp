#include "cli/migrate/sysctl_text.hpp"

#include <gtest/gtest.h>

namespace turnout::cli::migrate {
namespace {

TEST(SysctlText, settings_of_ipvs_are_read_in_every_spelling) {
    const auto text = read_sysctl_text(
        "# a comment\n"
        "; another\n"
        "\n"
        "net.ipv4.vs.conn_reuse_mode = 0\n"
        "  net/ipv4/vs/expire_nodest_conn=1\r\n"
        "-net.ipv4.vs.sync_threshold = 3 50\n"
        "net.ipv4.ip_forward = 1\n"
        "net.ipv4.vs.drop_entry=1");
    ASSERT_EQ(text.settings.size(), 4u);
    EXPECT_EQ(text.settings[0].name, "conn_reuse_mode");
    EXPECT_EQ(text.settings[0].value, "0");
    EXPECT_EQ(text.settings[0].line, 4u);
    EXPECT_FALSE(text.settings[0].optional);
    EXPECT_EQ(text.settings[1].name, "expire_nodest_conn");
    EXPECT_EQ(text.settings[1].value, "1");
    EXPECT_EQ(text.settings[2].value, "3 50");
    EXPECT_TRUE(text.settings[2].optional);
    EXPECT_EQ(text.settings[3].line, 8u);
    EXPECT_EQ(text.others, 1u);
    EXPECT_TRUE(text.unreadable.empty());
}

TEST(SysctlText, what_is_no_setting_is_told) {
    const auto text = read_sysctl_text("net.ipv4.vs.drop_entry\n= 1\n-net.ipv4.vs.am_droprate\n");
    EXPECT_TRUE(text.settings.empty());
    EXPECT_EQ(text.unreadable, (std::vector<size_t>{1, 2}));
}

TEST(SysctlText, patterns_stay_as_they_are) {
    const auto text = read_sysctl_text("net.ipv4.vs.* = 1\n");
    ASSERT_EQ(text.settings.size(), 1u);
    EXPECT_EQ(text.settings[0].name, "*");
}

}  // namespace
}  // namespace turnout::cli::migrate
