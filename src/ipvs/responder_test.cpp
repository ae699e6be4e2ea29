#include "ipvs/responder.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <random>

#include "ipvs/change_codec.hpp"
#include "ipvs/codec.hpp"
#include "ipvs/testing.hpp"
#include "support/full_control.hpp"

namespace turnout::ipvs {
namespace {

using model::Address;

constexpr uint16_t ask = NLM_F_REQUEST | NLM_F_ACK;
constexpr uint16_t list = NLM_F_REQUEST | NLM_F_ACK | NLM_F_DUMP;

Bytes from_hex(std::string_view text) {
    Bytes bytes;
    for (size_t i = 0; i < text.size();) {
        if (text[i] == ' ') {
            ++i;
            continue;
        }
        bytes.push_back(
            static_cast<uint8_t>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16)));
        i += 2;
    }
    return bytes;
}

Bytes command(uint8_t number, uint16_t flags) {
    Writer to(family_id, flags, 77, 88);
    to.command(number, 1);
    return to.finish();
}

Bytes request(const model::Change& change) {
    Writer to(family_id, ask, 77, 88);
    put_change(to, change);
    return to.finish();
}

Bytes about_service(uint8_t number, uint16_t flags, const model::ServiceKey& key) {
    Writer to(family_id, flags, 77, 88);
    to.command(number, 1);
    to.nest(IPVS_CMD_ATTR_SERVICE, [&] { put_service_key(to, key); });
    return to.finish();
}

// All messages of all datagrams; every one must answer sequence 77 of port 88.
std::vector<Message> messages(const std::vector<Bytes>& datagrams) {
    std::vector<Message> all;
    for (const Bytes& datagram : datagrams) {
        View rest(datagram);
        while (const auto message = next_message(rest)) {
            EXPECT_EQ(message->header.nlmsg_seq, 77u);
            EXPECT_EQ(message->header.nlmsg_pid, 88u);
            all.push_back(*message);
        }
        EXPECT_TRUE(rest.empty());
    }
    return all;
}

int error_code(const Message& message) {
    int code = 1;
    EXPECT_EQ(message.header.nlmsg_type, NLMSG_ERROR);
    std::memcpy(&code, message.payload.data(), sizeof code);
    return -code;
}

struct ResponderTest : testing::Test {
    test::FullControl control;
    Responder responder{control};

    std::vector<Bytes> respond(const Bytes& bytes) {
        auto all = responder.respond(bytes);
        for (auto more = responder.more(); !more.empty(); more = responder.more())
            all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    // The errno of the only answer.
    int code(const Bytes& bytes) {
        const auto answer = respond(bytes);
        return answer.size() == 1 ? error_code(messages(answer).at(0)) : -1;
    }
    void add(const model::ServiceKey& key) {
        model::AddService change;
        change.service.key = key;
        ASSERT_TRUE(control.apply(change));
    }
};

// The request of `ipvsadm -A -t 10.0.0.1:80 -s wrr`, as recorded from ipvsadm 1.31.
const char* const recorded_add =
    "68000000 2200 0500 4d000000 58000000 01010000 54000180"
    "06000100 02000000 06000200 06000000"
    "14000300 0a000001 000000000000000000000000 06000400 00500000"
    "08000600 77727200 0c000700 00000000 ffffffff"
    "08000800 00000000 08000900 ffffffff";

TEST_F(ResponderTest, takes_what_ipvsadm_sends) {
    EXPECT_EQ(code(from_hex(recorded_add)), 0);
    const auto service = control.service(web);
    ASSERT_TRUE(service);
    EXPECT_EQ(service->service.scheduler, "wrr");
    EXPECT_EQ(service->service.netmask, 0xffffffffu);
}

TEST_F(ResponderTest, we_send_what_ipvsadm_sends) {
    model::AddService change;
    change.service.key = web;
    change.service.scheduler = "wrr";
    Bytes expected = from_hex(recorded_add);
    Bytes sent = request(change);
    // Only the flag "nested" is not ours: the kernel does not look at it.
    expected[23] = 0;
    EXPECT_EQ(sent, expected);
}

TEST_F(ResponderTest, acknowledges_with_the_header_alone) {
    const auto answer = respond(command(IPVS_CMD_FLUSH, ask));
    ASSERT_EQ(answer.size(), 1u);
    EXPECT_EQ(answer[0].size(), sizeof(nlmsghdr) + sizeof(int) + sizeof(nlmsghdr));
    EXPECT_EQ(error_code(messages(answer).at(0)), 0);
    EXPECT_TRUE(respond(command(IPVS_CMD_FLUSH, NLM_F_REQUEST)).empty());
}

TEST_F(ResponderTest, an_error_repeats_the_request) {
    const Bytes asked = request(model::RemoveService{web});
    const auto answer = respond(asked);
    ASSERT_EQ(answer.size(), 1u);
    EXPECT_EQ(error_code(messages(answer).at(0)), ESRCH);
    EXPECT_TRUE(std::equal(asked.begin(), asked.end(),
                           answer[0].begin() + sizeof(nlmsghdr) + sizeof(int), answer[0].end()));
}

TEST_F(ResponderTest, an_error_tells_its_words_when_asked) {
    Writer to(family_id, ask | flag_explain, 77, 88);
    put_change(to, model::RemoveService{web});
    const auto answer = respond(to.finish());
    const Message error = messages(answer).at(0);
    EXPECT_TRUE(error.header.nlmsg_flags & NLM_F_ACK_TLVS);
    nlmsgerr head;
    std::memcpy(&head, error.payload.data(), sizeof head);
    const auto words =
        Attributes::parse(error.payload.subspan(aligned(sizeof(int) + head.msg.nlmsg_len)));
    EXPECT_EQ(words->text(NLMSGERR_ATTR_MSG, 100), "no service");
}

TEST_F(ResponderTest, family_and_acknowledgement_are_two_datagrams) {
    Writer to(GENL_ID_CTRL, ask, 77, 88);
    to.command(CTRL_CMD_GETFAMILY, 1);
    to.text(CTRL_ATTR_FAMILY_NAME, "IPVS");
    const auto answer = respond(to.finish());
    ASSERT_EQ(answer.size(), 2u);
    const auto all = messages(answer);
    EXPECT_EQ(all[0].header.nlmsg_type, GENL_ID_CTRL);
    EXPECT_EQ(all[0].payload[0], CTRL_CMD_NEWFAMILY);
    const auto attributes = Attributes::parse(all[0].payload.subspan(sizeof(genlmsghdr)));
    EXPECT_EQ(attributes->u16(CTRL_ATTR_FAMILY_ID), family_id);
    EXPECT_EQ(error_code(all[1]), 0);
}

TEST_F(ResponderTest, other_families_are_unknown) {
    Writer to(GENL_ID_CTRL, ask, 77, 88);
    to.command(CTRL_CMD_GETFAMILY, 1);
    to.text(CTRL_ATTR_FAMILY_NAME, "ethtool");
    EXPECT_EQ(code(to.finish()), ENOENT);
}

TEST_F(ResponderTest, queries_are_answered_by_their_reply_command) {
    add(web);
    const auto reply = [&](const Bytes& asked) {
        const auto answer = respond(asked);
        EXPECT_EQ(answer.size(), 2u);
        return int{messages(answer).at(0).payload[0]};
    };
    EXPECT_EQ(reply(about_service(IPVS_CMD_GET_SERVICE, ask, web)), IPVS_CMD_NEW_SERVICE);
    EXPECT_EQ(reply(command(IPVS_CMD_GET_CONFIG, ask)), IPVS_CMD_SET_CONFIG);
    EXPECT_EQ(reply(command(IPVS_CMD_GET_INFO, ask)), IPVS_CMD_SET_INFO);
}

TEST_F(ResponderTest, lists_are_packed_and_end_without_acknowledgement) {
    for (uint16_t port = 1; port <= 500; ++port) add({0, model::Protocol::udp, web.address, port});
    const auto answer = respond(command(IPVS_CMD_GET_SERVICE, list));
    EXPECT_GT(answer.size(), 1u);
    EXPECT_LT(answer.size(), 100u);
    for (const Bytes& datagram : answer) EXPECT_LE(datagram.size(), max_datagram);
    const auto all = messages(answer);
    ASSERT_EQ(all.size(), 501u);
    for (const Message& message : all) EXPECT_TRUE(message.header.nlmsg_flags & NLM_F_MULTI);
    EXPECT_EQ(all.back().header.nlmsg_type, NLMSG_DONE);
    EXPECT_EQ(all.back().payload.size(), sizeof(int));
}

TEST_F(ResponderTest, servers_of_no_service_are_an_empty_list) {
    const auto all = messages(respond(about_service(IPVS_CMD_GET_DEST, list, web)));
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].header.nlmsg_type, NLMSG_DONE);
    EXPECT_EQ(code(about_service(IPVS_CMD_GET_DEST, ask, web)), EOPNOTSUPP);
}

TEST_F(ResponderTest, errors_come_in_the_order_of_ipvs) {
    const auto change = [](uint8_t number, auto service, auto server) {
        Writer to(family_id, ask, 77, 88);
        to.command(number, 1);
        to.nest(IPVS_CMD_ATTR_SERVICE, [&] { service(to); });
        to.nest(IPVS_CMD_ATTR_DEST, [&] { server(to); });
        return to.finish();
    };
    const auto none = [](Writer&) {};
    const auto good_key = [](Writer& to) { put_service_key(to, web); };
    const auto odd_server = [](Writer& to) {
        to.u16(IPVS_DEST_ATTR_ADDR_FAMILY, 99);
        to.bytes(IPVS_DEST_ATTR_ADDR, web.address.bytes);
        to.be16(IPVS_DEST_ATTR_PORT, 80);
    };
    EXPECT_EQ(code(command(IPVS_CMD_NEW_DEST, ask)), EINVAL);
    EXPECT_EQ(code(change(IPVS_CMD_NEW_DEST, none, none)), EINVAL);
    // A missing service is told before a malformed server …
    EXPECT_EQ(code(change(IPVS_CMD_NEW_DEST, good_key, none)), ESRCH);
    add(web);
    EXPECT_EQ(code(change(IPVS_CMD_NEW_DEST, good_key, none)), EINVAL);
    EXPECT_EQ(code(change(IPVS_CMD_DEL_DEST, good_key, odd_server)), EAFNOSUPPORT);
    // … and a malformed service before that it exists.
    EXPECT_EQ(code(change(IPVS_CMD_NEW_SERVICE, good_key, none)), EINVAL);
    EXPECT_EQ(code(change(IPVS_CMD_DEL_SERVICE, good_key, none)), 0);
    EXPECT_EQ(code(change(IPVS_CMD_ZERO, good_key, none)), ESRCH);
    EXPECT_EQ(code(command(IPVS_CMD_ZERO, ask)), 0);
}

TEST_F(ResponderTest, sync_daemons_are_started_listed_and_stopped) {
    EXPECT_EQ(code(command(IPVS_CMD_NEW_DAEMON, ask)), EINVAL);
    EXPECT_EQ(code(command(IPVS_CMD_DEL_DAEMON, ask)), EINVAL);
    EXPECT_EQ(code(command(IPVS_CMD_GET_DAEMON, ask)), EOPNOTSUPP);
    EXPECT_EQ(messages(respond(command(IPVS_CMD_GET_DAEMON, list))).size(), 1u);

    model::SyncDaemon master, backup;
    master.interface = backup.interface = "eth0";
    master.sync_id = 5;
    backup.role = model::SyncRole::backup;
    backup.group = Address::parse("ff05::81");
    EXPECT_EQ(code(request(model::StopDaemon{model::SyncRole::master})), ESRCH);
    EXPECT_EQ(code(request(model::StartDaemon{backup})), 0);
    EXPECT_EQ(code(request(model::StartDaemon{master})), 0);
    EXPECT_EQ(code(request(model::StartDaemon{master})), EEXIST);
    EXPECT_EQ(messages(respond(command(IPVS_CMD_GET_DAEMON, list))).size(), 3u);
    EXPECT_EQ(code(request(model::StopDaemon{model::SyncRole::master})), 0);
    EXPECT_EQ(messages(respond(command(IPVS_CMD_GET_DAEMON, list))).size(), 2u);

    master.group = Address::ipv4(198, 51, 100, 1);
    EXPECT_EQ(code(request(model::StartDaemon{master})), EINVAL);
    const auto nameless = [&](uint32_t state) {
        Writer to(family_id, ask, 77, 88);
        to.command(IPVS_CMD_NEW_DAEMON, 1);
        to.nest(IPVS_CMD_ATTR_DAEMON, [&] { to.u32(IPVS_DAEMON_ATTR_STATE, state); });
        return to.finish();
    };
    EXPECT_EQ(code(nameless(1)), EINVAL);
    EXPECT_EQ(code(nameless(3)), EINVAL);
}

TEST_F(ResponderTest, unknown_questions_are_refused) {
    EXPECT_EQ(code(command(99, ask)), EOPNOTSUPP);
    EXPECT_EQ(code(command(IPVS_CMD_SET_INFO, ask)), EOPNOTSUPP);
    EXPECT_EQ(code(command(IPVS_CMD_GET_INFO, list)), EOPNOTSUPP);
    EXPECT_EQ(code(command(IPVS_CMD_FLUSH, list)), EOPNOTSUPP);
    Writer odd(0x99, ask, 77, 88);
    EXPECT_EQ(code(odd.finish()), ENOENT);
    Writer empty(family_id, ask, 77, 88);
    EXPECT_EQ(code(empty.finish()), EINVAL);
}

TEST_F(ResponderTest, garbage_closes) {
    EXPECT_TRUE(responder.respond({}).empty());
    EXPECT_TRUE(respond(Bytes(15)).empty());
    EXPECT_TRUE(respond(Bytes(64)).empty());
    EXPECT_TRUE(respond(Bytes(64, 0xff)).empty());
    EXPECT_TRUE(respond(command(IPVS_CMD_FLUSH, NLM_F_ACK)).empty());
}

// A getsockopt whose answer is longer than a datagram, and a setsockopt.
TEST_F(ResponderTest, calls_of_sockets_options_are_answered_in_parts) {
    add(web);
    for (uint8_t number = 1; number <= 250; ++number) {
        model::AddServer change{web, {}};
        change.server.key = {Address::ipv4(10, 1, 0, number), 80};
        ASSERT_TRUE(control.apply(change));
    }
    ip_vs_get_dests key{};
    key.protocol = IPPROTO_TCP;
    key.addr = 0x0100000a;
    key.port = 0x5000;
    key.num_dests = 250;
    const auto call = [](const SockoptCall& described, const Bytes& argument) {
        Writer to(sockopt_message, ask, 77, 88);
        to.raw({reinterpret_cast<const uint8_t*>(&described), sizeof described});
        to.raw(argument);
        return to.finish();
    };
    const auto* begin = reinterpret_cast<const uint8_t*>(&key);
    const Bytes bytes(begin, begin + sizeof key);
    const auto answer = respond(call({IP_VS_SO_GET_DESTS, 1, 24 + 250 * 96}, bytes));
    EXPECT_EQ(answer.size(), 2u);
    size_t length = 0;
    for (const Bytes& datagram : answer) EXPECT_LE(datagram.size(), max_datagram);
    for (const Message& message : messages(answer))
        if (message.header.nlmsg_type == sockopt_message) length += message.payload.size();
    EXPECT_EQ(length, 24u + 250 * 96);
    EXPECT_EQ(messages(answer).back().header.nlmsg_type, NLMSG_DONE);

    EXPECT_EQ(code(call({IP_VS_SO_GET_DESTS, 1, 24 + 249 * 96}, bytes)), EINVAL);
    EXPECT_EQ(code(call({IP_VS_SO_SET_FLUSH, 0, 0}, {})), 0);
    EXPECT_TRUE(control.services().empty());
    Writer cut(sockopt_message, ask, 77, 88);
    EXPECT_EQ(code(cut.finish()), EINVAL);
}

TEST_F(ResponderTest, connections_are_told_as_the_kernel_writes_them) {
    model::ConnectionReport row;
    row.protocol = model::Protocol::tcp;
    row.client = Address::ipv4(10, 9, 0, 2);
    row.virtual_address = Address::ipv4(10, 0, 0, 73);
    row.server = Address::ipv4(10, 1, 0, 13);
    row.client_port = 20000;
    row.virtual_port = row.server_port = 80;
    row.state = "TIME_WAIT";
    row.expires_s = 113;
    control.connection_rows.assign(1000, row);
    row.client = *Address::parse("2001:db8::2");
    control.connection_rows.push_back(row);

    const std::string name("ip_vs_conn", 11);
    Writer to(text_message, list, 77, 88);
    to.raw({reinterpret_cast<const uint8_t*>(name.data()), name.size()});
    const auto answer = respond(to.finish());
    std::string text;
    for (const Bytes& datagram : answer) EXPECT_LE(datagram.size(), max_datagram);
    for (const Message& message : messages(answer)) {
        if (message.header.nlmsg_type == NLMSG_DONE) continue;
        EXPECT_EQ(message.payload.back(), '\n');
        text.append(message.payload.begin(), message.payload.end());
    }
    const std::string head =
        "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"
        "TCP 0A090002 4E20 0A000049 0050 0A01000D 0050 TIME_WAIT       113\n";
    const std::string tail =
        "TCP 2001:0db8:0000:0000:0000:0000:0000:0002 4E20 0A000049 0050 0A01000D 0050 "
        "TIME_WAIT       113\n";
    EXPECT_EQ(text.substr(0, head.size()), head);
    EXPECT_EQ(text.substr(text.size() - tail.size()), tail);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1002);
}

// In their order, whatever becomes of the one before; a change is told only when it asks or fails.
TEST_F(ResponderTest, several_requests_in_a_datagram_are_all_answered) {
    Bytes all;
    const auto put = [&](const Bytes& message) {
        all.resize(aligned(all.size()));
        all.insert(all.end(), message.begin(), message.end());
    };
    Writer silent(family_id, NLM_F_REQUEST, 77, 88);
    put_change(silent, model::RemoveAll{});
    put(from_hex(recorded_add));
    put(from_hex(recorded_add));
    put(about_service(IPVS_CMD_GET_SERVICE, list, web));
    put(silent.finish());
    put(about_service(IPVS_CMD_DEL_SERVICE, ask, web));
    const auto answer = respond(all);
    ASSERT_EQ(answer.size(), 4u);
    EXPECT_EQ(error_code(messages({answer[0]}).at(0)), 0);
    EXPECT_EQ(error_code(messages({answer[1]}).at(0)), EEXIST);
    EXPECT_EQ(messages({answer[2]}).size(), 2u);
    EXPECT_EQ(error_code(messages({answer[3]}).at(0)), ESRCH);
}

TEST_F(ResponderTest, of_a_datagram_that_is_cut_nothing_is_done) {
    Bytes all = from_hex(recorded_add);
    const Bytes clear = command(IPVS_CMD_FLUSH, ask);
    all.insert(all.end(), clear.begin(), clear.end() - 1);
    EXPECT_TRUE(respond(all).empty());
    EXPECT_TRUE(control.services().empty());
}

TEST_F(ResponderTest, unknown_files_are_refused) {
    const std::string name("shadow", 7);
    Writer to(text_message, list, 77, 88);
    to.raw({reinterpret_cast<const uint8_t*>(name.data()), name.size()});
    EXPECT_EQ(code(to.finish()), ENOENT);
    Writer unended(text_message, list, 77, 88);
    unended.raw(View(reinterpret_cast<const uint8_t*>("abcd"), 4));
    EXPECT_EQ(code(unended.finish()), EINVAL);
}

// Good requests with a few bytes changed or missing: answered or closed, never worse.  The
// sanitizers watch.
TEST_F(ResponderTest, mutated_requests_do_no_harm) {
    constexpr uint32_t seed = 20240;
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    model::AddServer add_server;
    add_server.service = web;
    add_server.server.key = {Address::ipv4(198, 51, 100, 1), 80};
    const std::vector<Bytes> good{
        from_hex(recorded_add), request(add_server), request(model::SetTimeouts{{1, 2, 3}}),
        about_service(IPVS_CMD_GET_DEST, list, web), command(IPVS_CMD_GET_SERVICE, list)};
    for (int round = 0; round < 50000; ++round) {
        if (round % 100 == 0) {
            ASSERT_TRUE(control.apply(model::RemoveAll{}));
        }
        Bytes bytes = good[random() % good.size()];
        for (uint32_t changes = random() % 4; changes > 0; --changes)
            bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
        if (random() % 4 == 0) bytes.resize(random() % (bytes.size() + 1));
        // A heap copy of the exact size, so that reading beyond it is seen.
        const Bytes exact(bytes.begin(), bytes.end());
        for (const Bytes& datagram : responder.respond(exact)) EXPECT_FALSE(datagram.empty());
    }
}

}  // namespace
}  // namespace turnout::ipvs
