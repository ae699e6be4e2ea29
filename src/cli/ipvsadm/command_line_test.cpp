#include "cli/ipvsadm/command_line.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace turnout::ipvsadm {
namespace {

std::expected<CommandLine, Goodbye> read(const std::string& line) {
    std::vector<std::string> words{"ipvsadm"};
    std::istringstream stream(line);
    for (std::string word; stream >> word;) words.push_back(word);
    return read_command_line(words, false);
}

// The rest of the grammar is compared with the original's in tests/cli.
TEST(CommandLine, good_lines) {
    for (const char* line :
         {"-A -t 192.0.2.1:80",
          "-A -t 192.0.2.1:80 -s rr -p",
          "-A -f 7 -6 -s rr -p 60 -M 64",
          "-E -u 192.0.2.1:53 -o",
          "-D -t 192.0.2.1:80",
          "-C",
          "-Z",
          "-Z -f 1",
          "-a -t 192.0.2.1:80 -r 198.51.100.1 -m -w 3 -x 5 -y 4",
          "-a -t 192.0.2.1:80 -r [2001:db8::1]:80 -i",
          "-a -t 192.0.2.1:80 -r 198.51.100.1 -i --tun-type gue --tun-port 6080 --tun-remcsum",
          "-e -r 198.51.100.1 -t 192.0.2.1:80 -g",
          "-d -t 192.0.2.1:80 -r 198.51.100.1:80",
          "-Ln",
          "-lcn",
          "-L -t 192.0.2.1:80 --stats --exact",
          "-S -n",
          "-R",
          "--set 1 2 3",
          "--start-daemon backup --syncid 255 --mcast-group 224.0.0.81 --mcast-ttl 255",
          "--stop-daemon master"})
        EXPECT_TRUE(read(line)) << line << ": " << read(line).error().text;
}

TEST(CommandLine, bad_lines) {
    for (const char* line :
         {"-t 192.0.2.1:80", "-A", "-A -t 192.0.2.1", "-A -t 192.0.2.1:65536", "-A -f 0", "-A -6",
          "-D -t 192.0.2.1:80 -s rr", "-a -t 192.0.2.1:80 -r 198.51.100.1 -w -1",
          "-a -t 192.0.2.1:80 -r [2001:db8::1]:80 -m", "-Lc --stats", "-L --timeout --daemon",
          "--set 1 2", "--set 1 2 x", "--start-daemon nosuch", "-C extra", "-A -t"})
        EXPECT_FALSE(read(line)) << line;
}

TEST(CommandLine, defaults) {
    const auto line = read("-a -t 192.0.2.1:80 -r 198.51.100.1:8080");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->service.scheduler, "wlc");
    EXPECT_EQ(line->server.method, model::Method::direct);
    EXPECT_EQ(line->server.weight, 1);
    EXPECT_EQ(line->server.key.port, 80) << "only NAT translates ports";
}

TEST(CommandLine, values) {
    const auto line = read("-A -t 192.0.2.1:80 -s sh -b sh-port -p 50 -M 255.255.255.0 --pe sip");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->service.key.address, model::Address::ipv4(192, 0, 2, 1));
    EXPECT_EQ(line->service.flags,
              model::service_flag::persistent | model::service_flag::scheduler_2);
    EXPECT_EQ(line->service.persistence_timeout_s, 50u);
    EXPECT_EQ(line->service.netmask, 0xffffff00);
    EXPECT_EQ(line->service.persistence_engine, "sip");
}

TEST(CommandLine, help_and_version_are_no_mistakes) {
    EXPECT_EQ(read("-h").error().status, 0);
    EXPECT_EQ(read("--version").error().status, 0);
    EXPECT_EQ(read("--bogus").error().status, 255);
    EXPECT_EQ(read("-A").error().status, 2);
}

}  // namespace
}  // namespace turnout::ipvsadm
