// What the cost bench measures against, and with: wrappers that give the measured program another
// flow's frame every time (BPF_PROG_TEST_RUN keeps what a run has changed), and the programs that
// do the least of what a director does.
#include "ipip.hpp"
#include "table/table.hpp"
#include "wire/ip.hpp"
#include "write_flow.hpp"

using namespace turnout;
using namespace turnout::bench;

namespace {

using TrafficMap = OneRow<Traffic>;
struct TargetMap {
    int (*type)[BPF_MAP_TYPE_PROG_ARRAY];
    uint32_t* key;
    uint32_t* value;
    int (*max_entries)[1];
};
// The director's own; sized at load.
template <class Row>
struct Shared {
    int (*type)[BPF_MAP_TYPE_ARRAY];
    uint32_t* key;
    Row* value;
    int (*max_entries)[1];
    int (*map_flags)[BPF_F_MMAPABLE];
};
using CommonMap = Shared<abi::Common>;
using ConnectionsMap = Shared<abi::Bucket>;

}  // namespace

#define TURNOUT_MAP(Type, name) \
    extern Type name;           \
    [[gnu::section(".maps"), gnu::used]] Type name

extern "C" {
TURNOUT_MAP(TrafficMap, cost_traffic);
TURNOUT_MAP(TargetMap, cost_xdp_target);
TURNOUT_MAP(TargetMap, cost_tc_target);
TURNOUT_MAP(CommonMap, to_common);
TURNOUT_MAP(ConnectionsMap, to_connections);

[[gnu::section("license"), gnu::used]] char cost_license[] = "Dual MIT/GPL";
}

namespace {

struct TableAlone {
    TURNOUT_INLINE static abi::Bucket* bucket(uint32_t index) {
        return row_of<abi::Bucket>(to_connections, index);
    }
};

// Of TCP over IPv4.
TURNOUT_INLINE bool parse(const Window& window, Headers& headers) {
    return find(window, headers) && is(headers.ethernet->type, EtherType::ipv4) &&
           headers.ip->protocol == static_cast<uint8_t>(IpProtocol::tcp);
}

TURNOUT_INLINE void swap_addresses(EthernetHeader& ethernet) {
    const Mac destination = ethernet.destination;
    ethernet.destination = ethernet.source;
    ethernet.source = destination;
}

struct Ports {
    be16 source, destination;
};

TURNOUT_INLINE abi::Tuple tuple_of(const Ipv4Header& ip, const Ports& ports) {
    abi::Tuple tuple{};
    tuple.client.word[0] = ip.source;
    tuple.virtual_address.word[0] = ip.destination;
    tuple.client_port = ports.source;
    tuple.virtual_port = ports.destination;
    tuple.protocol = ip.protocol;
    tuple.family = abi::Family::ipv4;
    return tuple;
}

}  // namespace

// A program takes no other's place that knows less of frames in parts: hence xdp.frags.
extern "C" {

// The least a forwarding program does: parse, swap the MAC addresses, transmit.
[[gnu::section("xdp.frags"), gnu::used]] int cost_floor(xdp_md* frame) {
    Headers headers;
    if (!parse(window_of(frame), headers)) return XDP_PASS;
    swap_addresses(*headers.ethernet);
    return XDP_TX;
}

[[gnu::section("xdp.frags"), gnu::used]] int cost_nothing([[maybe_unused]] xdp_md* frame) {
    return XDP_TX;
}

// The same behind an outer IPv4 header.
[[gnu::section("xdp.frags"), gnu::used]] int cost_ipip(xdp_md* frame) {
    Headers headers;
    if (!parse(window_of(frame), headers)) return XDP_PASS;
    const EthernetHeader ethernet = *headers.ethernet;
    if (!encapsulate(frame, headers)) return XDP_ABORTED;
    headers.ethernet->destination = ethernet.source;
    headers.ethernet->source = ethernet.destination;
    return XDP_TX;
}

// Looks the connection up in the director's table and notes that it was seen.
[[gnu::section("xdp.frags"), gnu::used]] int cost_touch(xdp_md* frame) {
    const Window window = window_of(frame);
    const auto* common = row_of<const abi::Common>(to_common);
    const auto* ports = header_at<const Ports>(window, sizeof(EthernetHeader) + sizeof(Ipv4Header));
    hold(ports);  // see find()
    Headers headers;
    if (!parse(window, headers) || !ports || !common) return XDP_PASS;
    const abi::Tuple tuple = tuple_of(*headers.ip, *ports);
    const abi::Settings& settings = common->settings;
    const Place place = place_of(tuple, settings.hash_seed, settings.bucket_mask);
    const abi::Tick now = load_once(settings.now);
    TableAlone env;
    const Found found = find(env, place, tuple, now);
    if (!found.connection) return XDP_PASS;
    store_once(found.connection->last_seen, now);
    swap_addresses(*headers.ethernet);
    return XDP_TX;
}

[[gnu::section("xdp.frags"), gnu::used]] int cost_xdp(xdp_md* frame) {
    auto* traffic = row_of<Traffic>(cost_traffic);
    if (!traffic) return XDP_ABORTED;
    Window window = window_of(frame);
    const auto longer = static_cast<int64_t>(window.end - window.begin) - traffic->size;
    if (longer > 0) {
        // The last run put a tunnel's headers in front.
        if (bpf::xdp_adjust_head(frame, static_cast<int>(longer))) return XDP_ABORTED;
        window = window_of(frame);
    }
    if (!write_flow(window, *traffic, next_flow(*traffic))) return XDP_ABORTED;
    bpf::tail_call(frame, &cost_xdp_target, 0);
    return XDP_ABORTED;
}

[[gnu::section("tc"), gnu::used]] int cost_tc(__sk_buff* packet) {
    auto* traffic = row_of<Traffic>(cost_traffic);
    if (!traffic || !write_flow(window_of(packet), *traffic, next_flow(*traffic))) return -1;
    bpf::tail_call(packet, &cost_tc_target, 0);
    return -1;
}
}
