#include "model/sync_daemon.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace turnout::model {
namespace {

std::optional<uint32_t> mtu_of(const std::string& name) {
    if (name == "eth0") return 1500;
    if (name == "jumbo") return 9000;
    return std::nullopt;
}

SyncDaemon daemon(SyncRole role, const std::string& interface) {
    SyncDaemon made;
    made.role = role;
    made.interface = interface;
    return made;
}

TEST(sync_daemon, what_is_left_out_is_as_in_the_kernel) {
    SyncDaemons daemons;
    ASSERT_TRUE(daemons.start(daemon(SyncRole::master, "jumbo"), mtu_of));
    const SyncDaemon& master = daemons.running().at(0);
    EXPECT_EQ(master.group->to_string(), "224.0.0.81");
    EXPECT_EQ(master.port, 8848);
    EXPECT_EQ(master.ttl, 1);
    EXPECT_EQ(master.longest_message, 1472);
}

TEST(sync_daemon, a_backup_takes_what_its_interface_does) {
    SyncDaemons daemons;
    SyncDaemon wanted = daemon(SyncRole::backup, "jumbo");
    wanted.group = Address::parse("ff05::81");
    ASSERT_TRUE(daemons.start(wanted, mtu_of));
    EXPECT_EQ(daemons.running().at(0).longest_message, 9000 - 48);
}

TEST(sync_daemon, lengths_are_brought_into_their_range) {
    SyncDaemons daemons;
    SyncDaemon master = daemon(SyncRole::master, "eth0"), backup = daemon(SyncRole::backup, "eth0");
    master.longest_message = 65535;
    backup.longest_message = 10;
    ASSERT_TRUE(daemons.start(backup, mtu_of));
    ASSERT_TRUE(daemons.start(master, mtu_of));
    EXPECT_EQ(daemons.running().at(0).role, SyncRole::master);
    EXPECT_EQ(daemons.running().at(0).longest_message, 65507);
    EXPECT_EQ(daemons.running().at(1).longest_message, 1024);
}

TEST(sync_daemon, refusals) {
    SyncDaemons daemons;
    SyncDaemon master = daemon(SyncRole::master, "eth0");
    EXPECT_EQ(daemons.stop(SyncRole::master).error().code, ESRCH);
    EXPECT_EQ(daemons.start(daemon(SyncRole::master, "nosuch"), mtu_of).error().code, ENODEV);
    master.group = Address::ipv4(198, 51, 100, 1);
    EXPECT_EQ(daemons.start(master, mtu_of).error().code, EINVAL);
    master.group = Address::ipv4(224, 0, 0, 82);
    ASSERT_TRUE(daemons.start(master, mtu_of));
    EXPECT_EQ(daemons.start(master, mtu_of).error().code, EEXIST);
    EXPECT_EQ(daemons.stop(SyncRole::backup).error().code, ESRCH);
    ASSERT_TRUE(daemons.stop(SyncRole::master));
    EXPECT_TRUE(daemons.running().empty());
}

}  // namespace
}  // namespace turnout::model
