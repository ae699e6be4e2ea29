#include "ipvs/sockopt.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include "ipvs/sockopt_codec.hpp"
#include "support/full_control.hpp"

namespace turnout::ipvs {
namespace {

// The layouts are the kernel's; a change of them would be ours.
static_assert(sizeof(ip_vs_service_user) == 44 && sizeof(ip_vs_dest_user) == 24);
static_assert(sizeof(ip_vs_service_entry) == 104 && sizeof(ip_vs_dest_entry) == 96);
static_assert(sizeof(ip_vs_get_dests) == 24 && sizeof(ip_vs_get_services) == 8);
static_assert(sizeof(ip_vs_daemon_user) == 24 && sizeof(ip_vs_timeout_user) == 12);

ip_vs_service_user user_service(uint16_t port = 80) {
    ip_vs_service_user user{};
    user.protocol = IPPROTO_TCP;
    user.addr = inet_addr("198.51.100.1");
    user.port = htons(port);
    std::strcpy(user.sched_name, "wrr");
    user.flags = IP_VS_SVC_F_PERSISTENT;
    user.timeout = 60;
    user.netmask = inet_addr("255.255.255.0");
    return user;
}

ip_vs_dest_user server(const char* address) {
    ip_vs_dest_user user{};
    user.addr = inet_addr(address);
    user.port = htons(8080);
    user.conn_flags = IP_VS_CONN_F_DROUTE | IP_VS_CONN_F_INACTIVE;
    user.weight = 3;
    user.u_threshold = 10;
    user.l_threshold = 5;
    return user;
}

Bytes with_server(const ip_vs_service_user& service, const ip_vs_dest_user& user) {
    Bytes bytes = bytes_of(service);
    append(bytes, user);
    return bytes;
}

struct SockoptTest : testing::Test {
    test::FullControl control;

    int set(uint16_t option, const Bytes& argument) {
        const auto done = set_by_sockopt(control, option, argument);
        return done ? 0 : done.error().code;
    }
    Result<Bytes> get(uint16_t option, size_t length, Bytes key = {}) {
        key.resize(std::min(length, longest_sockopt_key));
        return get_by_sockopt(control, option, static_cast<uint32_t>(length), key);
    }
    int error(uint16_t option, size_t length, const Bytes& key = {}) {
        const auto got = get(option, length, key);
        return got ? 0 : got.error().code;
    }
};

TEST_F(SockoptTest, a_service_is_added_edited_listed_and_deleted) {
    EXPECT_EQ(set(IP_VS_SO_SET_EDIT, bytes_of(user_service())), ESRCH);
    EXPECT_EQ(set(IP_VS_SO_SET_ADD, bytes_of(user_service())), 0);
    EXPECT_EQ(set(IP_VS_SO_SET_ADD, bytes_of(user_service())), EEXIST);
    const auto reports = control.services();
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(to_string(reports[0].service.key), "TCP 198.51.100.1:80");
    EXPECT_EQ(reports[0].service.netmask, 0xffffff00u);
    EXPECT_TRUE(reports[0].service.persistent());

    auto edited = user_service();
    std::strcpy(edited.sched_name, "rr");
    EXPECT_EQ(set(IP_VS_SO_SET_EDIT, bytes_of(edited)), 0);
    const auto entry = get(IP_VS_SO_GET_SERVICE, 104, bytes_of(user_service()));
    ASSERT_TRUE(entry);
    EXPECT_STREQ(read<ip_vs_service_entry>(*entry).sched_name, "rr");
    EXPECT_EQ(read<ip_vs_service_entry>(*entry).timeout, 60u);
    EXPECT_EQ(std::memcmp(entry->data(), &edited, 16), 0);  // what it is known by

    EXPECT_EQ(set(IP_VS_SO_SET_ZERO, bytes_of(user_service())), 0);
    EXPECT_EQ(set(IP_VS_SO_SET_DEL, bytes_of(user_service())), 0);
    EXPECT_EQ(set(IP_VS_SO_SET_DEL, bytes_of(user_service())), ESRCH);
    EXPECT_EQ(set(IP_VS_SO_SET_ZERO, bytes_of(user_service())), ESRCH);
    EXPECT_EQ(set(IP_VS_SO_SET_ZERO, Bytes(44)), 0);  // all
    EXPECT_EQ(error(IP_VS_SO_GET_SERVICE, 104, bytes_of(user_service())), ESRCH);
}

TEST_F(SockoptTest, servers_are_added_edited_listed_and_deleted) {
    EXPECT_EQ(set(IP_VS_SO_SET_ADDDEST, with_server(user_service(), server("10.1.0.1"))), ESRCH);
    ASSERT_EQ(set(IP_VS_SO_SET_ADD, bytes_of(user_service())), 0);
    for (const char* address : {"10.1.0.1", "10.1.0.2", "10.1.0.3"})
        EXPECT_EQ(set(IP_VS_SO_SET_ADDDEST, with_server(user_service(), server(address))), 0);
    EXPECT_EQ(set(IP_VS_SO_SET_ADDDEST, with_server(user_service(), server("10.1.0.1"))), EEXIST);
    EXPECT_EQ(set(IP_VS_SO_SET_DELDEST, with_server(user_service(), server("10.1.0.2"))), 0);
    EXPECT_EQ(set(IP_VS_SO_SET_EDITDEST, with_server(user_service(), server("10.1.0.2"))), ENOENT);
    auto heavy = server("10.1.0.1");
    heavy.weight = -1;
    EXPECT_EQ(set(IP_VS_SO_SET_EDITDEST, with_server(user_service(), heavy)), ERANGE);
    heavy.weight = 9;
    EXPECT_EQ(set(IP_VS_SO_SET_EDITDEST, with_server(user_service(), heavy)), 0);

    control.counters.connections = 5000000007;
    control.active = 4;
    ip_vs_get_dests head{};
    std::memcpy(&head, bytes_of(user_service()).data(), 16);
    head.num_dests = 2;
    const auto got = get(IP_VS_SO_GET_DESTS, 24 + 2 * 96, bytes_of(head));
    ASSERT_TRUE(got);
    ASSERT_EQ(got->size(), 24u + 2 * 96);
    const auto last = read<ip_vs_dest_entry>(View(*got).subspan(24 + 96));
    EXPECT_EQ(last.addr, inet_addr("10.1.0.1"));
    EXPECT_EQ(last.port, htons(8080));
    EXPECT_EQ(last.conn_flags, uint32_t{IP_VS_CONN_F_DROUTE});
    EXPECT_EQ(last.weight, 9);
    EXPECT_EQ(last.u_threshold, 10u);
    EXPECT_EQ(last.activeconns, 4u);
    EXPECT_EQ(last.stats.conns, 5000000007 & 0xffffffff);

    // Room for one: the head of the list; for more than there are: those there are.
    head.num_dests = 1;
    EXPECT_EQ(get(IP_VS_SO_GET_DESTS, 24 + 96, bytes_of(head))->size(), 24u + 96);
    head.num_dests = 7;
    EXPECT_EQ(get(IP_VS_SO_GET_DESTS, 24 + 7 * 96, bytes_of(head))->size(), 24u + 2 * 96);
    EXPECT_EQ(error(IP_VS_SO_GET_DESTS, 24 + 6 * 96, bytes_of(head)), EINVAL);
    head.port = htons(81);
    EXPECT_EQ(error(IP_VS_SO_GET_DESTS, 24 + 7 * 96, bytes_of(head)), ESRCH);
}

TEST_F(SockoptTest, ipv4_alone_is_told) {
    ASSERT_EQ(set(IP_VS_SO_SET_ADD, bytes_of(user_service())), 0);
    model::AddService six;
    six.service.key = {0, model::Protocol::tcp, *model::Address::parse("2001:db8::1"), 80};
    six.service.netmask = 128;
    ASSERT_TRUE(control.apply(six));
    model::AddServer mixed{control.services()[0].service.key, {}};
    mixed.server.key = {*model::Address::parse("2001:db8::9"), 80};
    mixed.server.method = model::Method::tunnel;
    ASSERT_TRUE(control.apply(mixed));

    EXPECT_EQ(read<ip_vs_getinfo>(*get(IP_VS_SO_GET_INFO, 12)).num_services, 1u);
    const auto services = get(IP_VS_SO_GET_SERVICES, 8 + 2 * 104, bytes_of(uint64_t{2}));
    ASSERT_TRUE(services);
    ASSERT_EQ(services->size(), 8u + 104);
    EXPECT_EQ(read<ip_vs_service_entry>(View(*services).subspan(8)).num_dests, 1u);
    ip_vs_get_dests head{};
    std::memcpy(&head, bytes_of(user_service()).data(), 16);
    head.num_dests = 1;
    EXPECT_EQ(get(IP_VS_SO_GET_DESTS, 24 + 96, bytes_of(head))->size(), 24u);
}

TEST_F(SockoptTest, a_service_by_mark_is_of_tcp) {
    auto marked = user_service();
    marked.fwmark = 7;
    EXPECT_EQ(set(IP_VS_SO_SET_ADD, bytes_of(marked)), 0);
    EXPECT_EQ(to_string(control.services().at(0).service.key), "FWM 7");
    const auto entry = get(IP_VS_SO_GET_SERVICE, 104, bytes_of(marked));
    EXPECT_EQ(read<ip_vs_service_entry>(*entry).protocol, IPPROTO_TCP);
    marked.protocol = 0;
    EXPECT_EQ(set(IP_VS_SO_SET_ADD, bytes_of(marked)), EFAULT);
}

TEST_F(SockoptTest, timeouts_version_and_daemons) {
    EXPECT_EQ(set(IP_VS_SO_SET_TIMEOUT, bytes_of(ip_vs_timeout_user{1, 0, 3})), 0);
    EXPECT_EQ(set(IP_VS_SO_SET_TIMEOUT, bytes_of(ip_vs_timeout_user{1, -1, 3})), EINVAL);
    EXPECT_EQ(set(IP_VS_SO_SET_TIMEOUT, bytes_of(ip_vs_timeout_user{1, INT_MAX, 3})), EINVAL);
    const auto timeouts = read<ip_vs_timeout_user>(*get(IP_VS_SO_GET_TIMEOUT, 12));
    EXPECT_EQ(timeouts.tcp_timeout, 1);
    EXPECT_EQ(timeouts.tcp_fin_timeout, 120);

    const auto version = get(IP_VS_SO_GET_VERSION, 64);
    EXPECT_STREQ(reinterpret_cast<const char*>(version->data()),
                 "IP Virtual Server version 1.2.1 (size=4096)");

    ip_vs_daemon_user backup{IP_VS_STATE_BACKUP, "eth0", 9};
    EXPECT_EQ(set(IP_VS_SO_SET_STOPDAEMON, bytes_of(backup)), ESRCH);
    EXPECT_EQ(set(IP_VS_SO_SET_STARTDAEMON, bytes_of(backup)), 0);
    EXPECT_EQ(set(IP_VS_SO_SET_STARTDAEMON, bytes_of(backup)), EEXIST);
    const auto daemons = get(IP_VS_SO_GET_DAEMON, 48);
    ASSERT_EQ(daemons->size(), 48u);
    EXPECT_EQ(read<ip_vs_daemon_user>(*daemons).state, 0);
    const auto told = read<ip_vs_daemon_user>(View(*daemons).subspan(24));
    EXPECT_EQ(told.state, IP_VS_STATE_BACKUP);
    EXPECT_STREQ(told.mcast_ifn, "eth0");
    EXPECT_EQ(told.syncid, 9);
    EXPECT_EQ(set(IP_VS_SO_SET_STARTDAEMON, bytes_of(ip_vs_daemon_user{3, "eth0", 0})), EINVAL);
    EXPECT_EQ(set(IP_VS_SO_SET_STARTDAEMON, bytes_of(ip_vs_daemon_user{1, "", 0})), EINVAL);
    EXPECT_EQ(set(IP_VS_SO_SET_FLUSH, {}), 0);
}

TEST_F(SockoptTest, lengths_and_options_that_cannot_be) {
    auto nameless = user_service();
    std::memset(nameless.sched_name, 'x', sizeof nameless.sched_name);
    EXPECT_EQ(set(IP_VS_SO_SET_ADD, bytes_of(nameless)), EINVAL);
    auto odd = server("10.1.0.1");
    odd.conn_flags = 5;
    ASSERT_EQ(set(IP_VS_SO_SET_ADD, bytes_of(user_service())), 0);
    EXPECT_EQ(set(IP_VS_SO_SET_ADDDEST, with_server(user_service(), odd)), EINVAL);
    for (uint16_t option = IP_VS_BASE_CTL; option <= IP_VS_SO_SET_MAX; ++option)
        for (size_t length : {size_t{1}, size_t{43}, size_t{45}, size_t{69}})
            EXPECT_EQ(set(option, Bytes(length)), EINVAL) << option << ' ' << length;
    for (const uint16_t option : std::array<uint16_t, 4>{1153, 1158, 1165, 1166})
        EXPECT_EQ(set(option, {}), EINVAL) << option;
    EXPECT_EQ(error(IP_VS_SO_GET_INFO, 11), EINVAL);
    EXPECT_EQ(error(IP_VS_SO_GET_DEST, 96), EINVAL);
    EXPECT_EQ(error(IP_VS_SO_GET_DAEMON, 47), EINVAL);
    EXPECT_EQ(error(IP_VS_SO_GET_SERVICES, 8 + 104, bytes_of(uint64_t{2})), EINVAL);
    // A caller that says more than it sends.
    EXPECT_FALSE(get_by_sockopt(control, IP_VS_SO_GET_SERVICE, 104, Bytes(3)));
}

}  // namespace
}  // namespace turnout::ipvs
