// Runs the table of packet cases in every world: `packet_native_test` needs nothing,
// `packet_kernel_test` root and BPF.
#include <gtest/gtest.h>

#include "packet/cases.hpp"
#include "packet/every_world.hpp"
#include "packet/recording.hpp"

namespace turnout::test {
namespace {

std::string id_of(const std::string& name) {
    std::string id;
    for (const char c : name) id += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
    return id;
}

class PacketCase : public testing::TestWithParam<std::tuple<size_t, bool>> {
  protected:
    static Recording& recording() {
        static Recording recording;
        return recording;
    }
};

void change(director::Director& director, const std::vector<model::Change>& changes) {
    for (const model::Change& change : changes) {
        const Status done = director.apply(change);
        ASSERT_TRUE(done) << done.error().message;
    }
}

// All settings stand at their standard values, but for these.
void set(director::Director& director, const std::map<std::string, int64_t>& others) {
    for (const model::Setting& setting : director.settings())
        ASSERT_TRUE(director.set(setting.name, setting.standard));
    for (const auto& [name, value] : others) ASSERT_TRUE(director.set(name, value));
}

// The server of that number in every service, whatever the family.
void drain(director::Director& director, uint8_t number) {
    for (const auto& report : director.services()) {
        const auto servers = director.servers(report.service.key);
        for (const auto& each : *servers) {
            const model::ServerKey& key = each.server.key;
            const bool ipv4 = key.address.family == model::Family::ipv4;
            if (key.address.bytes[ipv4 ? 3 : 15] != 10 + number) continue;
            ASSERT_TRUE(director.start_drain({report.service.key, key.address, key.port}, {}));
        }
    }
}

// As if the latest packets had come so much earlier.
void let_pass(tables::Rows& rows, uint32_t seconds) {
    for (abi::Bucket& bucket : rows.buckets)
        for (abi::Connection& connection : bucket.connection)
            connection.last_seen -= abi::ticks_of_seconds(seconds);
}

// Lines of the connection table that are taken, for connections or whatever else.
uint32_t records_in(const tables::Rows& rows) {
    uint32_t records = 0;
    for (const abi::Bucket& bucket : rows.buckets)
        for (uint32_t line = 1; line <= abi::connections_per_bucket; ++line)
            records += bucket.header.word[line] != 0;
    return records;
}

// A GUE tunnel's source port is of the director's own choice; whether there is a checksum is not.
void forget_source_port(Bytes& frame) {
    if (!is_gue(frame)) return;
    const size_t udp = frame[14] >> 4 == 6 ? 54 : 34;
    const uint16_t port = static_cast<uint16_t>(frame[udp] << 8 | frame[udp + 1]);
    if (port != any_port) {
        EXPECT_GE(port, first_own_port);
        EXPECT_LE(port, last_own_port);
    }
    const bool checksum = frame[udp + 6] || frame[udp + 7];
    for (const size_t at : {0, 1, 6, 7}) frame[udp + at] = 0;
    frame[udp + 7] = checksum;
}

Bytes without_own_choices(Bytes frame) {
    forget_identification(frame);
    forget_source_port(frame);
    return frame;
}

// The complete lane's first packet goes by the kernel's neighbour table: its Ethernet header is
// not written yet.
void expect_frame(const Outcome& outcome, const Bytes& expected, const std::string& where) {
    EXPECT_EQ(checksum_fault(outcome.frame), "") << where;
    const long from = outcome.resolving ? 14 : 0;
    const Bytes got = without_own_choices(outcome.frame);
    const Bytes want = without_own_choices(expected);
    EXPECT_EQ(Bytes(got.begin() + from, got.end()), Bytes(want.begin() + from, want.end()))
        << where << "\n  want " << describe(expected) << "\n  got  " << describe(outcome.frame);
}

TEST_P(PacketCase, holds) {
    const auto& [index, complete] = GetParam();
    const Case& c = packet_cases()[index];
    World& w = every_world(complete);
    director::Director& director = w.fresh();
    change(director, c.changes);
    set(director, c.settings);
    ASSERT_TRUE(director.add_mark_rules(c.mark_rules));
    for (size_t i = 0; i < c.steps.size(); ++i) {
        if (i == 1) {
            change(director, c.later);
            if (c.drained_later) drain(director, *c.drained_later);
            if (c.seconds_later) let_pass(w.rows(), c.seconds_later);
        }
        const Step& step = c.steps[i];
        const std::string where = w.name() + ": " + c.name + ", step " + std::to_string(i + 1);
        const Outcome outcome = w.send(step.in, step.mark);
        const Verdict want = !complete && step.fast ? *step.fast : step.verdict;
        ASSERT_EQ(static_cast<int>(outcome.verdict), static_cast<int>(want)) << where;
        if (want == Verdict::pass) {
            EXPECT_EQ(outcome.frame, step.in) << where << ": a packet that passes is untouched";
        }
        if (want == Verdict::transmit) recording().add(w.name(), where, outcome.frame);
        const bool as_told = complete || !step.fast;
        if (want == Verdict::transmit && step.out && as_told)
            expect_frame(outcome, *step.out, where);
    }
    const bool left_to_complete = !complete && c.steps.back().fast;
    if (c.drop != abi::Drop::none && !left_to_complete) {
        EXPECT_EQ(w.drops(c.drop), 1u);
    }
    if (c.records && !left_to_complete) {
        EXPECT_EQ(records_in(w.rows()), *c.records) << w.name() << ": " << c.name;
    }
}

INSTANTIATE_TEST_SUITE_P(Cases, PacketCase,
                         testing::Combine(testing::Range<size_t>(0, packet_cases().size()),
                                          testing::Bool()),
                         [](const auto& one) {
                             return id_of(packet_cases()[std::get<0>(one.param)].name) +
                                    (std::get<1>(one.param) ? "_complete" : "_fast");
                         });

}  // namespace
}  // namespace turnout::test
