// What is told of rules, settings and keepalived.conf, with a director in memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "cli/migrate/keepalived_check.hpp"
#include "cli/migrate/keepalived_text.hpp"
#include "cli/migrate/rules_check.hpp"
#include "cli/migrate/settings_check.hpp"
#include "director/director.hpp"
#include "native/memory_tables.hpp"

namespace turnout::cli::migrate {
namespace {

using testing::HasSubstr;

struct Migrate : testing::Test {
    native::MemoryTables tables;
    director::Director director{tables.rows,
                                {.services = 64, .servers = 256},
                                [](const model::Address& to) { return std::optional(to); },
                                monotonic_ns};
    Services services{director};
    Settings settings{director};

    static std::string told(const Findings& findings) {
        std::string text;
        for (const Finding& finding : findings) {
            text += finding.weight == Weight::refused ? "refused "
                    : finding.weight == Weight::to_do ? "to do "
                                                      : "different ";
            text += finding.where + ": " + finding.what + '\n';
        }
        return text;
    }
};

TEST_F(Migrate, rules_that_mean_the_same_need_no_word) {
    const auto findings = check_rules(
        "-A -t 198.51.100.1:80 -s wrr -p 50\n"
        "-a -t 198.51.100.1:80 -r 10.1.0.11:80 -g -w 3\n"
        "\n"
        "-A -u [2001:db8::1]:53 -s mh -b mh-port -o\n"
        "-a -u [2001:db8::1]:53 -r [2001:db8:10::11]:53 -i -w 1 --tun-type ipip\n",
        "rules", services);
    EXPECT_EQ(told(findings) + told(services.findings()), "");
    EXPECT_EQ(services.services(), 2u);
    EXPECT_EQ(services.servers(), 2u);
}

TEST_F(Migrate, rules_that_are_refused_are_named) {
    const auto findings = check_rules(
        "-A -t 198.51.100.1:80 -s best\n"
        "-L\n"
        "-A -t 198.51.100.1\n"
        "-A\n",
        "rules", services);
    EXPECT_THAT(told(services.findings()), HasSubstr("refused rules:1: no scheduler \"best\""));
    EXPECT_THAT(told(findings), HasSubstr("refused rules:2: this is no rule"));
    EXPECT_THAT(told(findings), HasSubstr("refused rules:3: Zero port"));
    EXPECT_THAT(told(findings), HasSubstr("refused rules:4: You need to supply"));
    EXPECT_EQ(services.services(), 0u);
}

TEST_F(Migrate, what_works_in_another_way_is_told_once) {
    check_rules(
        "-A -f 7 -s rr\n"
        "-A -f 8 -s rr\n"
        "-a -f 7 -r 10.1.0.11:0 -m\n"
        "-a -f 8 -r 10.1.0.11:0 -i --tun-type gue --tun-port 6080 --tun-remcsum\n",
        "rules", services);
    const std::string text = told(services.findings());
    EXPECT_EQ(services.findings().size(), 3u) << text;
    EXPECT_THAT(text, HasSubstr("to do rules:1: packets meet Turnout before netfilter"));
    EXPECT_THAT(text, HasSubstr("different rules:3: what NAT servers get"));
    EXPECT_THAT(text, HasSubstr("different rules:4: --tun-remcsum"));
}

TEST_F(Migrate, settings_of_sysctl_d) {
    settings.check_text(
        "# ours\n"
        "net.ipv4.vs.expire_nodest_conn = 1\n"
        "net.ipv4.vs.conntrack = 1\n"
        "net.ipv4.vs.drop_entry = 9\n"
        "net.ipv4.vs.pmtu_disc = yes\n"
        "net.ipv4.ip_forward = 1\n",
        "conf");
    const std::string text = told(settings.findings());
    EXPECT_EQ(settings.findings().size(), 3u) << text;
    EXPECT_THAT(text, HasSubstr("different conf:3: conntrack makes no sense here"));
    EXPECT_THAT(text, HasSubstr("conf:4: drop_entry is 0 to 3, not 9"));
    EXPECT_THAT(text, HasSubstr("refused conf:5: pmtu_disc is no number here, but \"yes\""));
    EXPECT_EQ(settings.taken(), 1u);
}

TEST_F(Migrate, of_the_kernels_settings_only_what_somebody_changed) {
    settings.check_value("conntrack", "conntrack", "0\n");
    settings.check_value("sync_threshold", "sync_threshold", "3\t50\n");
    settings.check_value("sync_qlen_max", "sync_qlen_max", "81920\n");
    settings.check_value("pmtu_disc", "pmtu_disc", "1\n");
    EXPECT_EQ(told(settings.findings()), "");
    EXPECT_EQ(settings.taken(), 0u);
    settings.check_value("sync_threshold", "sync_threshold", "3\t40\n");
    settings.check_value("pmtu_disc", "pmtu_disc", "0\n");
    EXPECT_THAT(told(settings.findings()), HasSubstr("sync_threshold makes no sense here"));
    EXPECT_EQ(settings.taken(), 1u);
}

TEST(keepalived_text, statements_blocks_quotes_and_comments) {
    const auto read = read_keepalived(
        "! a comment\n"
        "global_defs { # another\n"
        "  router_id \"a # ! { name\"\n"
        "}\n"
        "virtual_server 198.51.100.1 80 {\n"
        "  real_server 10.1.0.11 80 { weight 2 }\n"
        "}\n");
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->size(), 2u);
    EXPECT_EQ((*read)[0].inside[0].word(1), "a # ! { name");
    EXPECT_EQ((*read)[1].line, 5u);
    EXPECT_EQ((*read)[1].words, (std::vector<std::string>{"virtual_server", "198.51.100.1", "80"}));
    EXPECT_EQ((*read)[1].inside[0].inside[0].words, (std::vector<std::string>{"weight", "2"}));
}

TEST(keepalived_text, braces_that_do_not_match) {
    EXPECT_THAT(read_keepalived("a {\n b {\n }\n").error().message, HasSubstr("line 1 has no end"));
    EXPECT_THAT(read_keepalived("a {\n}\n}\n").error().message, HasSubstr("line 3"));
}

TEST_F(Migrate, virtual_servers_of_keepalived) {
    const auto findings = check_keepalived(
        "vrrp_instance VI_1 {\n"
        "  lvs_sync_daemon_interface eth0\n"
        "}\n"
        "include more.conf\n"
        "virtual_server_group web {\n"
        "  198.51.100.1 80\n"
        "  198.51.100.2-9 80\n"
        "}\n"
        "virtual_server group web {\n"
        "  lb_algo wrr\n"
        "  lb_kind DR\n"
        "  protocol TCP\n"
        "  real_server 10.1.0.11 80 {\n"
        "    weight 3\n"
        "  }\n"
        "  sorry_server 10.1.0.11 80\n"
        "}\n"
        "virtual_server 2001:db8::1 53 {\n"
        "  lvs_sched best\n"
        "  protocol UDP\n"
        "}\n"
        "virtual_server group nosuch {\n"
        "}\n",
        "conf", services);
    EXPECT_EQ(services.services(), 2u);
    EXPECT_EQ(services.servers(), 2u);
    EXPECT_EQ(findings.size(), 3u) << told(findings);
    EXPECT_THAT(told(findings), HasSubstr("different conf:2: the sync daemon"));
    EXPECT_THAT(told(findings), HasSubstr("to do conf:4: what is included"));
    EXPECT_THAT(told(findings), HasSubstr("refused conf:22: there is no virtual_server_group"));
    EXPECT_THAT(told(services.findings()), HasSubstr("refused conf:18: no scheduler \"best\""));
}

}  // namespace
}  // namespace turnout::cli::migrate
