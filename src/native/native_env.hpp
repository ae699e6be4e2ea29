// The environment over plain memory: the pipeline's third binding.
//
// The lane is a parameter, so that the fast lane's decisions are tested natively, too.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <vector>

#include "native/memory_tables.hpp"
#include "path/amend.hpp"
#include "path/forwarding/icmp_error.hpp"
#include "path/forwarding/nat_sctp.hpp"
#include "path/forwarding/tunnel_error.hpp"
#include "path/forwarding/wrap.hpp"
#include "path/helpers/ftp_splice.hpp"
#include "path/helpers/sip.hpp"
#include "path/parse_sctp.hpp"
#include "path/pipeline.hpp"
#include "path/schedule.hpp"
#include "path/strays.hpp"
#include "table/sweep.hpp"

namespace turnout::native {

// A way to everybody, by interface 1.
inline std::optional<Route> direct_route(const abi::Address& to) {
    Route route{};
    route.neighbour = {1, 1500, {}, {}, 1};
    route.next_hop = to;
    route.neighbour_known = true;
    return route;
}

// What stands outside the tables: time, chance, and the kernel's routing.
struct World {
    abi::Tick now = 1;
    std::function<uint32_t()> random = [] { return 1u; };
    uint32_t mark = 0;         // the firewall mark that packets bring along
    bool is_outgoing = false;  // this machine itself sends the packets
    Mac own_mac = {};          // of the interface that packets come in by
    std::function<std::optional<Route>(const abi::Address&)> route = direct_route;
    std::vector<std::vector<uint8_t>> called_in = {};  // frames that are to come in once more
    std::vector<std::vector<uint8_t>> sent = {};       // pieces of a packet, but for the last
};

enum class Lane { fast, complete };

template <Lane lane>
class NativeEnv {
  public:
    NativeEnv(MemoryTables& tables, World& world, const std::vector<uint8_t>& frame)
        : tables_(tables), world_(world), packet_(ip_align + frame.size()) {
        std::copy(frame.begin(), frame.end(), packet_.begin() + ip_align);
    }

    // The frame as the pipeline left it.
    std::vector<uint8_t> frame() const { return {packet_.begin() + ip_align, packet_.end()}; }

    const abi::Settings& settings() { return *tables_.rows.settings; }
    const abi::Timeouts* timeouts(uint32_t i) { return row(tables_.rows.timeouts, i); }
    abi::Pressure* pressure() { return tables_.rows.pressure; }
    void switch_settings(uint32_t on, uint32_t off) {
        uint32_t& flags = tables_.rows.settings->flags;
        set_bits(flags, on);
        clear_bits(flags, off);
    }
    const uint8_t* filter_cell(uint32_t i) { return row(tables_.rows.filter, i); }
    const uint32_t* service_id(const abi::Endpoint& key) { return tables_.service_ids.find(key); }
    const abi::Service* service(uint32_t i) { return row(tables_.rows.services, i); }
    const abi::Plan* plan(uint32_t i) { return row(tables_.rows.plans, i); }
    const abi::Candidate* candidate(uint32_t i) { return row(tables_.rows.candidates, i); }
    abi::CandidateGroups* candidate_groups(uint32_t i) {
        return row(tables_.rows.candidate_groups, i);
    }
    const abi::RingWord* ring_word(uint32_t i) { return row(tables_.rows.rings, i); }
    const abi::MarkRule* mark_rule(uint32_t i) { return row(tables_.rows.mark_rules, i); }
    abi::Cursor* cursor(uint32_t i) { return row(tables_.rows.cursors, i); }
    abi::Server* server(uint32_t i) { return row(tables_.rows.servers, i); }
    abi::ServerState* server_state(uint32_t i) { return row(tables_.rows.server_states, i); }
    const abi::ReplyService* reply_service(const abi::Endpoint& key) {
        return tables_.replies.find(key);
    }
    const abi::EndpointRow* endpoint_row(uint32_t i) { return row(tables_.rows.endpoints, i); }
    const abi::Address* near_end(const abi::Endpoint& sender) {
        return tables_.near_ends.find(sender);
    }
    abi::Neighbour* neighbour(uint32_t i) {
        return row(std::span<abi::Neighbour>(tables_.neighbours), i);
    }
    abi::Bucket* bucket(uint32_t i) { return row(std::span<abi::Bucket>(tables_.buckets), i); }
    abi::TrafficCounters* traffic(uint32_t server, Direction direction) {
        const auto number = static_cast<uint32_t>(direction);
        return row(tables_.rows.traffic,
                   abi::traffic_row(settings().counter_stride, cpu(), number, server));
    }
    abi::BeginCounters* begun(uint32_t server) { return row(tables_.rows.begun, server); }
    void count_drop(abi::Drop reason) { ++tables_.drops[static_cast<size_t>(reason)]; }

    Searched find(const abi::Tuple& tuple, abi::Tick now) {
        const Place place = place_of(tuple, settings().hash_seed, settings().bucket_mask);
        const Found found = turnout::find(*this, place, tuple, now);
        return {found.location, found.seen};
    }
    Attempt try_insert(const abi::Connection& record, uint32_t seen) {
        return turnout::try_insert(*this, settings(), record, seen);
    }
    Inserted insert(const abi::Connection& record, uint32_t seen) {
        return turnout::insert(*this, record, seen);
    }
    Answer ask(Opening& opening) { return turnout::ask(*this, opening); }
    Answer schedule(Opening& opening) { return choose_server(*this, opening); }
    uint32_t position_of_least(const abi::Plan& plan, least::Rule rule) {
        return least::position(*this, plan, rule);
    }
    Location connect(Opening& opening) { return turnout::connect(*this, opening); }
    Answer call_out(Opening& opening) { return turnout::call_out(*this, opening); }
    bool find_near_end(const Packet& packet, Opening& opening) {
        return turnout::find_near_end(*this, packet, opening);
    }
    Answer choose_by_hash(Opening& opening) { return turnout::choose_by_hash(*this, opening); }
    Answer reply_by_hash(Opening& opening) { return turnout::reply_by_hash(*this, opening); }
    Location go_without_record(Opening& opening) {
        return turnout::go_without_record(*this, opening);
    }
    Opening* opening() { return &opening_; }

    abi::Tick now() { return world_.now; }
    uint64_t random() { return world_.random(); }
    uint32_t cpu() { return 0; }
    uint32_t mark() { return world_.mark; }
    void read_call(uint32_t offset, Opening& opening) { sip::read_call(*this, offset, opening); }
    bool byte(uint32_t offset, uint8_t& c) {
        if (offset >= length()) return false;
        c = packet_[ip_align + offset];
        return true;
    }
    void keep_call(Location location) { tables_.calls[location] = opening_.call; }
    template <class Context, class Body>
    void each(uint32_t count, Context* context, Body body) {
        for (uint32_t i = 0; i < count; ++i)
            if (body(i, context)) return;
    }

    bool is_for_us() {
        const auto* ethernet = header_at<EthernetHeader>(window(), 0);
        return ethernet && is_for_us(*ethernet);
    }
    bool is_for_us(const EthernetHeader& ethernet) {
        return ethernet.destination == world_.own_mac;
    }
    Window window() { return {packet_.data() + ip_align, packet_.data() + packet_.size()}; }
    void gather(uint32_t) {}
    bool parse_icmp(Packet& packet) { return turnout::parse_icmp(*this, packet); }
    bool parse_sctp(Packet& packet) { return turnout::parse_sctp(*this, packet); }
    void track(const Packet& packet, abi::Connection& connection, Direction direction,
               uint32_t timeouts, abi::Tick now) {
        turnout::track(*this, packet, connection, direction, timeouts, now);
    }
    bool amend_sctp(const Packet& packet, Direction direction, const Rewrite& rewrite) {
        return turnout::amend_sctp(*this, packet, direction, rewrite);
    }
    bool rewrite_icmp_error(const Packet& packet, Direction direction, const Rewrite& rewrite) {
        return turnout::rewrite_icmp_error(*this, packet, direction, rewrite);
    }
    bool has(uint32_t bytes) { return bytes <= length(); }
    uint32_t length() { return static_cast<uint32_t>(packet_.size()) - ip_align; }
    uint32_t segment_size() { return 0; }
    static constexpr bool is_complete() { return lane == Lane::complete; }
    bool is_outgoing() { return world_.is_outgoing; }
    abi::FtpControl* ftp_control(Location location) {
        const auto found = tables_.ftp_controls.find(location);
        return found == tables_.ftp_controls.end() ? nullptr : &found->second;
    }
    abi::FtpControl* add_ftp_control(Location location) {
        return &(tables_.ftp_controls[location] = {});
    }
    void forget_ftp_control(Location location) { tables_.ftp_controls.erase(location); }
    Help help_request(const Packet& packet, Location location) {
        return {turnout::help_request(*this, packet, location), 0};
    }
    Help help_reply(const Packet& packet, Location location) {
        const Helped helped = turnout::help_reply(*this, packet, location, opening_);
        return {helped, opening_.splices};
    }
    uint32_t splice(const Packet& packet, Location location, uint32_t index) {
        return turnout::splice(*this, packet, location, opening_, index);
    }
    void expect_data(Location location) { turnout::expect_data(*this, location, now()); }
    bool replace(uint32_t offset, uint32_t removed, const abi::AddressText& text, uint32_t inserted,
                 uint32_t end) {
        trim(end);  // what is behind is padding
        const uint32_t at = ip_align + offset;
        const std::vector<uint8_t> behind(packet_.begin() + at + removed, packet_.end());
        packet_.resize(at + inserted + behind.size());
        std::memcpy(packet_.data() + at, text.byte, inserted);
        std::copy(behind.begin(), behind.end(), packet_.begin() + at + inserted);
        return true;
    }
    abi::Sequences* sequences(Location location) { return &tables_.sequences[location]; }
    void tell_ending(const abi::Ending& ending) { tables_.endings.push_back(ending); }
    void tell_of_end(Location location, abi::Tick now) {
        turnout::tell_of_end(*this, location, now);
    }
    void note_sequences(const Packet& packet, Location location) {
        turnout::note_sequences(*this, packet, location);
    }
    const FragmentNote* fragment_note(const FragmentKey& key) {
        const auto found = tables_.fragment_notes.find(text_of(key));
        return found == tables_.fragment_notes.end() ? nullptr : &found->second;
    }
    void put_fragment_note(const FragmentKey& key, const FragmentNote& note) {
        tables_.fragment_notes[text_of(key)] = note;
    }
    FragmentNote find_fragment_note(const Packet& packet, abi::Tick now) {
        return find_note(*this, packet, now);
    }
    uint32_t note_first(const Packet& packet, Location location, Direction direction,
                        FragmentFate fate, abi::Tick now) {
        return turnout::note_first(*this, packet, location, direction, fate, now);
    }
    bool send_in_pieces(uint32_t mtu, const abi::Neighbour* to, abi::Family tunnel, uint8_t) {
        if (to) transmit(*to);
        const std::vector<uint8_t> whole = frame();
        const uint32_t at = ip_offset + (tunnel == abi::Family::none ? 0u : ip_header_size(tunnel));
        const auto family = whole[at] >> 4 == 6 ? abi::Family::ipv6 : abi::Family::ipv4;
        const uint32_t from = at + ip_header_size(family);
        const uint32_t before = piece_header_size(family), size = piece_size(family, mtu);
        const auto payload = static_cast<uint32_t>(whole.size()) - from;
        for (uint32_t offset = 0; offset < payload; offset += size) {
            const uint32_t length = std::min(size, payload - offset);
            const bool last = offset + length == payload;
            packet_.resize(ip_align + at + before + length);
            write_piece_header(family, whole.data() + at, at, offset, length, last);
            std::memcpy(packet_.data() + ip_align + at + before, whole.data() + from + offset,
                        length);
            write_outer_length(tunnel, whole, offset / size, before + length);
            if (!last && to) world_.sent.push_back(frame());
        }
        return true;
    }
    bool hold_fragment(const Packet& packet, abi::Tick now) {
        const FragmentNote before = find_note(*this, packet, now);
        if (length() > longest_held || before.held >= most_held) return false;
        tables_.held_fragments[text_of(fragment_key(packet))].push_back(frame());
        note_waiting(*this, packet, before, now);
        return true;
    }
    bool release_fragments(const Packet& packet, uint32_t) {
        auto& held = tables_.held_fragments[text_of(fragment_key(packet))];
        world_.called_in.push_back(frame());
        world_.called_in.insert(world_.called_in.end(), held.begin(), held.end());
        held.clear();
        return true;
    }
    bool turn_into_error(const Packet& packet, const IcmpError& error, const abi::Address& from) {
        return turnout::turn_into_error(*this, packet, error, from);
    }
    Relayed relay_tunnel_error(Packet& packet, uint32_t server) {
        return turnout::relay_tunnel_error(*this, packet, server);
    }
    uint64_t sum(uint32_t offset, uint32_t bytes) {
        uint64_t sum = 0;
        for (uint32_t at = 0; at < bytes; ++at) {
            const uint64_t byte = packet_[ip_align + offset + at];
            sum += at % 2 ? byte << 8 : byte;
        }
        return sum;
    }
    bool trim(uint32_t bytes) {
        packet_.resize(ip_align + bytes);
        return true;
    }
    bool pull(uint32_t bytes) {
        uint8_t* frame = packet_.data() + ip_align;
        std::memmove(frame + bytes, frame, sizeof(EthernetHeader));
        packet_.erase(packet_.begin() + ip_align, packet_.begin() + ip_align + bytes);
        return true;
    }
    bool route(const abi::Address& to, abi::Family, Route& route) {
        const auto found = world_.route(to);
        if (found) route = *found;
        return found.has_value();
    }
    bool can_transmit(uint32_t) { return true; }
    bool amend_checksum(uint32_t offset, uint64_t address_diff, uint64_t port_diff, bool optional) {
        return amend_in_place(window(), offset, address_diff, port_diff, optional);
    }
    bool is_left_to_hardware(uint32_t) { return false; }
    void note_written(uint64_t) {}
    bool push(uint32_t bytes, abi::Family, abi::TunnelType) {
        packet_.insert(packet_.begin() + ip_align, bytes, 0);
        uint8_t* frame = packet_.data() + ip_align;
        std::memmove(frame, frame + bytes, sizeof(EthernetHeader));
        return true;
    }
    bool wrap(const Packet& packet, uint32_t server, bool in_pieces) {
        return turnout::wrap(*this, packet, server, in_pieces);
    }
    Verdict transmit(const abi::Neighbour& to) {
        return transmit(*header_at<EthernetHeader>(window(), 0), to);
    }
    Verdict transmit(EthernetHeader& ethernet, const abi::Neighbour& to) {
        ethernet.destination = to.destination;
        ethernet.source = to.source;
        return Verdict::transmit;
    }
    Verdict hand_to_host(Direction) { return Verdict::pass; }
    Verdict come_in_by_loopback() { return Verdict::pass; }
    Verdict transmit_resolving(const Route& route) { return transmit(route.neighbour); }

  private:
    // Frames start two bytes off, as the kernel lays them, so that IP headers are aligned.
    static constexpr uint32_t ip_align = 2;
    static constexpr be32 piece_id = {0x1234};

    void write_piece_header(abi::Family family, const uint8_t* whole, uint32_t at, uint32_t offset,
                            uint32_t length, bool last) {
        uint8_t* const place = packet_.data() + ip_align + at;
        if (family == abi::Family::ipv6) {
            Ipv6Header header;
            std::memcpy(&header, whole, sizeof header);
            const Ipv6Piece own = piece_header(header, piece_id, offset, length, last);
            std::memcpy(place, &own, sizeof own);
        } else {
            Ipv4Header header;
            std::memcpy(&header, whole, sizeof header);
            const Ipv4Header own = piece_header(header, offset, length, last);
            std::memcpy(place, &own, sizeof own);
        }
    }
    void write_outer_length(abi::Family tunnel, const std::vector<uint8_t>& whole, uint32_t number,
                            uint32_t inner) {
        uint8_t* const outer = packet_.data() + ip_align + ip_offset;
        if (tunnel == abi::Family::ipv4) {
            Ipv4Header header;
            std::memcpy(&header, whole.data() + ip_offset, sizeof header);
            header = outer_of_piece(header, number, inner);
            std::memcpy(outer, &header, sizeof header);
        } else if (tunnel == abi::Family::ipv6) {
            const be16 length = to_be(static_cast<uint16_t>(inner));
            std::memcpy(outer + offsetof(Ipv6Header, payload_length), &length, sizeof length);
        }
    }
    static std::string text_of(const FragmentKey& key) {
        return {reinterpret_cast<const char*>(&key), sizeof key};
    }
    template <class Row>
    static Row* row(std::span<Row> rows, uint32_t index) {
        return index < rows.size() ? &rows[index] : nullptr;
    }

    MemoryTables& tables_;
    World& world_;
    std::vector<uint8_t> packet_;
    Opening opening_{};
};

}  // namespace turnout::native
