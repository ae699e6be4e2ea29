#include "ipvs/codec.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>

#include "ipvs/change_codec.hpp"
#include "ipvs/testing.hpp"

namespace turnout::ipvs {
namespace {

using model::Address;

const model::ServiceKey web6{0, model::Protocol::tcp, *Address::parse("2001:db8::1"), 443};

// What `body` writes, read back as attributes; `message` keeps the bytes.
template <class Body>
Attributes written(Bytes& message, Body body) {
    Writer to(family_id, 0, 1, 2);
    body(to);
    message = to.finish();
    return Attributes::parse(View(message).subspan(sizeof(nlmsghdr))).value();
}

Status exists(const model::ServiceKey&) {
    return {};
}

// A change sent and received.
Result<model::Change> relayed(const model::Change& change) {
    Writer to(family_id, NLM_F_REQUEST, 1, 2);
    put_change(to, change);
    const Bytes message = to.finish();
    const View payload = View(message).subspan(sizeof(nlmsghdr));
    const auto attributes = Attributes::parse(payload.subspan(sizeof(genlmsghdr)));
    return get_change(payload[0], attributes.value(), exists);
}

TEST(Codec, a_service_survives_the_way) {
    for (const auto& key : {web, web6}) {
        model::AddService add;
        add.service.key = key;
        add.service.scheduler = "sh";
        add.service.flags = model::service_flag::persistent | model::service_flag::scheduler_2;
        add.service.persistence_timeout_s = 600;
        add.service.netmask = key.address.family == model::Family::ipv4 ? 0xffffff00 : 64;
        add.service.persistence_engine = "sip";
        const auto change = relayed(add);
        ASSERT_TRUE(change) << change.error().message;
        const auto& got = std::get<model::AddService>(*change).service;
        EXPECT_EQ(got.key, key);
        EXPECT_EQ(got.scheduler, "sh");
        EXPECT_EQ(got.flags, add.service.flags);
        EXPECT_EQ(got.persistence_timeout_s, 600u);
        EXPECT_EQ(got.netmask, add.service.netmask);
        EXPECT_EQ(got.persistence_engine, "sip");
    }
}

TEST(Codec, a_mark_stands_for_the_address) {
    model::ServiceKey key;
    key.mark = 7;
    key.address.family = model::Family::ipv6;
    const auto change = relayed(model::RemoveService{key});
    ASSERT_TRUE(change);
    EXPECT_EQ(std::get<model::RemoveService>(*change).key, key);
}

TEST(Codec, an_edit_carries_its_mask) {
    model::EditService edit;
    edit.service.key = web;
    edit.service.flags = model::service_flag::one_packet;
    edit.flags_mask = model::service_flag::one_packet;
    const auto change = relayed(edit);
    ASSERT_TRUE(change);
    EXPECT_EQ(std::get<model::EditService>(*change).flags_mask, edit.flags_mask);
    EXPECT_EQ(std::get<model::EditService>(*change).service.flags, edit.service.flags);
}

TEST(Codec, a_server_survives_the_way) {
    model::AddServer add;
    add.service = web;
    add.server.key = {*Address::parse("2001:db8::11"), 8080};
    add.server.method = model::Method::tunnel;
    add.server.weight = -1;
    add.server.upper_threshold = 100;
    add.server.lower_threshold = 50;
    add.server.tunnel = {model::TunnelType::gue, 6080, 1};
    const auto change = relayed(add);
    ASSERT_TRUE(change) << change.error().message;
    EXPECT_EQ(std::get<model::AddServer>(*change).server, add.server);
    const auto removed = relayed(model::RemoveServer{web, add.server.key});
    EXPECT_EQ(std::get<model::RemoveServer>(*removed).server, add.server.key);
}

TEST(Codec, the_other_changes_survive_the_way) {
    const auto set = relayed(model::SetTimeouts{{1, 2, 3}});
    EXPECT_EQ(std::get<model::SetTimeouts>(*set).timeouts, (model::Timeouts{1, 2, 3}));
    EXPECT_TRUE(std::holds_alternative<model::RemoveAll>(*relayed(model::RemoveAll{})));
    EXPECT_EQ(std::get<model::ZeroCounters>(*relayed(model::ZeroCounters{})).service, std::nullopt);
    EXPECT_EQ(std::get<model::ZeroCounters>(*relayed(model::ZeroCounters{web})).service, web);
    EXPECT_EQ(relayed(model::SetTimeouts{{0, 0, 3000000}}).error().code, EINVAL);
}

TEST(Codec, reports_keep_all_64_bits) {
    model::ServerReport sent;
    sent.server.key = {Address::ipv4(198, 51, 100, 1), 80};
    sent.active = 1;
    sent.inactive = 2;
    sent.persistent = 3;
    sent.counters = {10'000'000'000, 2, 3, 4, 5};
    sent.rates = {6, 7, 8, 9'000'000'000, 10};
    Bytes message;
    const auto attributes = written(message, [&](Writer& to) { put_report(to, sent); });
    const auto got = get_server_report(attributes, model::Family::ipv4);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->server, sent.server);
    EXPECT_EQ(got->counters, sent.counters);
    EXPECT_EQ(got->rates.in_bytes, sent.rates.in_bytes);
    EXPECT_EQ(got->persistent, 3u);
    // The old attribute carries the low 32 bits, as the kernel's does.
    const auto narrow = attributes.nest(IPVS_DEST_ATTR_STATS);
    EXPECT_EQ(narrow->u32(IPVS_STATS_ATTR_CONNS), 10'000'000'000 & 0xffffffff);
    EXPECT_EQ(narrow->u64(IPVS_STATS_ATTR_INBYTES), 4u);
}

TEST(Codec, info_survives_the_way) {
    Bytes message;
    const auto attributes = written(message, [](Writer& to) { put_info(to, {0x010201, 4096}); });
    EXPECT_EQ(*get_info(attributes), (Info{0x010201, 4096}));
}

TEST(Codec, what_is_missing_is_refused) {
    Bytes message;
    const auto no_port = written(message, [](Writer& to) {
        to.u16(IPVS_SVC_ATTR_AF, AF_INET);
        to.u16(IPVS_SVC_ATTR_PROTOCOL, 6);
        to.bytes(IPVS_SVC_ATTR_ADDR, web.address.bytes);
    });
    EXPECT_EQ(get_service_key(no_port).error().code, EINVAL);
    const auto odd_family = written(message, [](Writer& to) {
        to.u16(IPVS_SVC_ATTR_AF, 99);
        to.u32(IPVS_SVC_ATTR_FWMARK, 1);
    });
    EXPECT_EQ(get_service_key(odd_family).error().code, EAFNOSUPPORT);
    const auto short_address = written(message, [](Writer& to) {
        to.u16(IPVS_DEST_ATTR_ADDR_FAMILY, AF_INET6);
        to.bytes(IPVS_DEST_ATTR_ADDR, View(web.address.bytes).first(4));
        to.be16(IPVS_DEST_ATTR_PORT, 80);
    });
    EXPECT_EQ(get_server_key(short_address, model::Family::ipv4).error().code, EINVAL);
}

TEST(Codec, a_name_without_its_end_is_refused) {
    Bytes message;
    const std::string unended(16, 'x');
    const auto attributes = written(message, [&](Writer& to) {
        to.bytes(1, {reinterpret_cast<const uint8_t*>(unended.data()), unended.size()});
    });
    EXPECT_EQ(attributes.text(1, 15), std::nullopt);
}

}  // namespace
}  // namespace turnout::ipvs
