// The MSS clamp, run on one frame at a time by BPF_PROG_TEST_RUN.
//
// What must come out is made anew from the words of the case, its checksum summed up over the whole
// segment: nothing of the program's own arithmetic is in it.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <cstring>
#include <vector>

#include "realserver/filter.hpp"
#include "wire/ethernet.hpp"
#include "wire/ip.hpp"
#include "wire/transport.hpp"

namespace turnout::realserver {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint16_t limit = 1360;
constexpr uint8_t syn_ack = tcp_flag::syn | tcp_flag::ack;

struct Family {
    const char* name;
    model::Address vip, other, client;
};
const Family families[] = {
    {"IPv4", *model::Address::parse("198.51.100.9"), *model::Address::parse("198.51.100.10"),
     *model::Address::parse("203.0.113.7")},
    {"IPv6", *model::Address::parse("2001:db8:f::9"), *model::Address::parse("2001:db8:f::a"),
     *model::Address::parse("2001:db8:c::7")},
};

struct Segment {
    Bytes options;  // a multiple of four bytes, but for tests of nonsense
    uint8_t flags = syn_ack;
    uint16_t port = 80;
    Bytes payload = {};
    uint8_t protocol = static_cast<uint8_t>(IpProtocol::tcp);
    int words = -1;  // what the header tells of its length; -1: what it is
    be16 fragment = {0};
    size_t ip_options = 0;
};

template <class Part>
void append(Bytes& to, const Part& part) {
    const auto* begin = reinterpret_cast<const uint8_t*>(&part);
    to.insert(to.end(), begin, begin + sizeof part);
}
void append(Bytes& to, const Bytes& part) {
    to.insert(to.end(), part.begin(), part.end());
}
Bytes operator+(Bytes a, const Bytes& b) {
    append(a, b);
    return a;
}

Bytes address_bytes(const model::Address& address) {
    const size_t length = address.family == model::Family::ipv4 ? 4 : 16;
    return {address.bytes.begin(), address.bytes.begin() + static_cast<ptrdiff_t>(length)};
}

// RFC 1071, word for word.
uint16_t checksum_of(Bytes data) {
    if (data.size() % 2 != 0) data.push_back(0);
    uint32_t sum = 0;
    for (size_t i = 0; i < data.size(); i += 2) sum += uint32_t{data[i]} << 8 | data[i + 1];
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(~sum);
}

void set_checksum(Bytes& data, size_t field, uint16_t value) {
    data[field] = static_cast<uint8_t>(value >> 8);
    data[field + 1] = static_cast<uint8_t>(value);
}

Bytes tcp_of(const Segment& segment, const model::Address& from, const model::Address& to) {
    TcpHeader header{};
    const size_t words =
        segment.words >= 0 ? static_cast<size_t>(segment.words) : 5 + segment.options.size() / 4;
    header.ports = {to_be(segment.port), to_be(uint16_t{40000})};
    header.sequence = to_be(uint32_t{0x12345678});
    header.data_offset = static_cast<uint8_t>(words << 4);
    header.flags = segment.flags;
    header.window = to_be(uint16_t{64240});
    Bytes tcp;
    append(tcp, header);
    append(tcp, segment.options + segment.payload);
    const auto length = static_cast<uint16_t>(tcp.size());
    const Bytes pseudo =
        address_bytes(from) + address_bytes(to) +
        Bytes{0, segment.protocol, static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length)};
    set_checksum(tcp, offsetof(TcpHeader, checksum), checksum_of(pseudo + tcp));
    return tcp;
}

Bytes ipv4_of(const Segment& segment, size_t payload) {
    const size_t length = sizeof(Ipv4Header) + segment.ip_options;
    Ipv4Header header{};
    header.version_and_length = static_cast<uint8_t>(0x40 | length / 4);
    header.total_length = to_be(static_cast<uint16_t>(length + payload));
    header.fragment = segment.fragment;
    header.ttl = 64;
    header.protocol = segment.protocol;
    Bytes ip;
    append(ip, header);
    ip.resize(length, 1);  // no operation
    return ip;
}

Bytes ipv6_of(const Segment& segment, size_t payload) {
    Ipv6Header header{};
    header.version_class_label = to_be(uint32_t{6} << 28);
    header.payload_length = to_be(static_cast<uint16_t>(payload));
    header.next_header = segment.protocol;
    header.hop_limit = 64;
    Bytes ip;
    append(ip, header);
    return ip;
}

void put(Bytes& data, size_t offset, const Bytes& bytes) {
    std::copy(bytes.begin(), bytes.end(), data.begin() + static_cast<ptrdiff_t>(offset));
}

Bytes frame_of(const Segment& segment, const model::Address& from, const model::Address& to) {
    const Bytes tcp = tcp_of(segment, from, to);
    const bool ipv4 = from.family == model::Family::ipv4;
    Bytes ip = ipv4 ? ipv4_of(segment, tcp.size()) : ipv6_of(segment, tcp.size());
    put(ip, ipv4 ? offsetof(Ipv4Header, source) : offsetof(Ipv6Header, source),
        address_bytes(from));
    put(ip, ipv4 ? offsetof(Ipv4Header, destination) : offsetof(Ipv6Header, destination),
        address_bytes(to));
    if (ipv4) set_checksum(ip, offsetof(Ipv4Header, checksum), checksum_of(ip));
    Bytes frame(12, 0x02);
    append(frame, to_be(static_cast<uint16_t>(ipv4 ? EtherType::ipv4 : EtherType::ipv6)));
    return frame + ip + tcp;
}

Bytes mss(uint16_t value) {
    return {2, 4, static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}
const Bytes filler = {1};
const Bytes sack_permitted = {4, 2};
const Bytes window_scale = {3, 3, 7};
const Bytes timestamps = {8, 10, 0, 1, 2, 3, 4, 5, 6, 7};
Bytes fillers(size_t count) {
    return Bytes(count, filler.front());
}

class Clamp : public testing::Test {
  protected:
    void SetUp() override {
        for (const auto& family : families) {
            auto program = filter::load(filter::Program::clamp, family.vip, limit);
            ASSERT_TRUE(program) << program.error().message;
            programs_.push_back(std::move(*program));
        }
    }

    // Of either family, from its virtual address.
    void lowers(const Segment& before, const Segment& after) {
        for (size_t i = 0; i < programs_.size(); ++i) {
            const auto& [name, vip, other, client] = families[i];
            EXPECT_EQ(run(i, frame_of(before, vip, client)), frame_of(after, vip, client)) << name;
        }
    }
    void leaves(const Segment& segment) { lowers(segment, segment); }

    Bytes run(size_t program, const Bytes& frame) {
        Bytes out(frame.size() + 100);
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(), .data_out = out.data(),
                    .data_size_in = static_cast<uint32_t>(frame.size()),
                    .data_size_out = static_cast<uint32_t>(out.size()));
        EXPECT_EQ(bpf_prog_test_run_opts(programs_[program].get(), &options), 0);
        EXPECT_EQ(static_cast<int>(options.retval), TC_ACT_UNSPEC);
        out.resize(options.data_size_out);
        return out;
    }

  private:
    std::vector<Fd> programs_;
};

TEST_F(Clamp, lowers_it_wherever_it_stands) {
    lowers({mss(1460)}, {mss(limit)});
    lowers({mss(1460) + sack_permitted + timestamps + filler + window_scale},
           {mss(limit) + sack_permitted + timestamps + filler + window_scale});
    lowers({sack_permitted + timestamps + mss(1460)}, {sack_permitted + timestamps + mss(limit)});
    lowers({sack_permitted + fillers(2) + mss(8960) + timestamps + Bytes{0, 0}},
           {sack_permitted + fillers(2) + mss(limit) + timestamps + Bytes{0, 0}});
}

TEST_F(Clamp, lowers_it_at_odd_offsets) {
    lowers({filler + mss(1460) + fillers(3)}, {filler + mss(limit) + fillers(3)});
    lowers({window_scale + mss(0xffff) + filler}, {window_scale + mss(limit) + filler});
}

TEST_F(Clamp, lowers_it_to_and_from_every_sum) {
    for (uint32_t value = limit; value <= 0xffff; value += 211) {
        const auto told = static_cast<uint16_t>(value);
        lowers({mss(told)}, {mss(limit)});
        lowers({filler + mss(told) + fillers(3)}, {filler + mss(limit) + fillers(3)});
    }
}

TEST_F(Clamp, lowers_it_at_the_end_of_the_longest_header) {
    lowers({fillers(36) + mss(1460)}, {fillers(36) + mss(limit)});
}

TEST_F(Clamp, lowers_it_in_a_syn_and_beside_data) {
    lowers({mss(1460), tcp_flag::syn}, {mss(limit), tcp_flag::syn});
    lowers({mss(1460), syn_ack, 80, {1, 2, 3}}, {mss(limit), syn_ack, 80, {1, 2, 3}});
}

TEST_F(Clamp, lowers_it_from_any_port) {
    lowers({mss(1460), syn_ack, 65535}, {mss(limit), syn_ack, 65535});
}

TEST_F(Clamp, lowers_it_behind_ip_options) {
    Segment before{mss(1460)}, after{mss(limit)};
    before.ip_options = after.ip_options = 8;
    lowers(before, after);
}

TEST_F(Clamp, never_raises_it) {
    for (const uint16_t value : {limit, uint16_t{limit - 1}, uint16_t{536}, uint16_t{0}})
        leaves({mss(value)});
}

TEST_F(Clamp, leaves_segments_without_one) {
    leaves({});
    leaves({sack_permitted + timestamps});
    leaves({fillers(40)});
}

TEST_F(Clamp, leaves_what_is_behind_the_end) {
    leaves({Bytes{0, 0, 0, 0} + mss(1460)});
    leaves({{}, syn_ack, 80, mss(1460)});
}

TEST_F(Clamp, leaves_nonsense) {
    leaves({Bytes{2, 3, 5, 180}});  // an MSS of another length
    leaves({Bytes{2, 6, 5, 180, 5, 180, 1, 1}});
    leaves({Bytes{8, 0, 1, 1} + mss(1460)});  // options without a length
    leaves({Bytes{8, 1, 1, 1} + mss(1460)});
    leaves({Bytes{8, 255, 1, 1} + mss(1460)});  // beyond the header
    leaves({fillers(2) + Bytes{2, 4}});         // cut
    leaves({Bytes{1, 2, 4, 5}});
}

TEST_F(Clamp, leaves_headers_of_nonsensical_length) {
    for (const int words : {0, 4, 15}) {
        Segment segment{mss(1460)};
        segment.words = words;
        leaves(segment);
    }
}

TEST_F(Clamp, leaves_all_but_the_first_segment) {
    leaves({mss(1460), tcp_flag::ack});
    leaves({mss(1460), tcp_flag::ack | tcp_flag::fin});
    leaves({mss(1460), tcp_flag::ack | tcp_flag::rst});
}

TEST_F(Clamp, leaves_other_protocols) {
    Segment segment{mss(1460)};
    segment.protocol = static_cast<uint8_t>(IpProtocol::udp);
    leaves(segment);
}

TEST_F(Clamp, leaves_fragments) {
    const auto& [name, vip, other, client] = families[0];
    Segment segment{mss(1460)};
    for (const be16 fragment : {ipv4_fragment::more, to_be(uint16_t{1})}) {
        segment.fragment = fragment;
        EXPECT_EQ(run(0, frame_of(segment, vip, client)), frame_of(segment, vip, client));
    }
}

TEST_F(Clamp, leaves_other_addresses) {
    for (size_t i = 0; i < std::size(families); ++i) {
        const auto& [name, vip, other, client] = families[i];
        for (const auto& [from, to] : {std::pair{other, client}, std::pair{client, vip}}) {
            const Bytes frame = frame_of({mss(1460)}, from, to);
            EXPECT_EQ(run(i, frame), frame) << name;
        }
        const auto& foreign = families[1 - i];
        const Bytes frame = frame_of({mss(1460)}, foreign.vip, foreign.client);
        EXPECT_EQ(run(i, frame), frame) << name;
    }
}

}  // namespace
}  // namespace turnout::realserver
