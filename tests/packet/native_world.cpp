#include "packet/native_world.hpp"

#include <algorithm>

#include "native/run.hpp"
#include "tables/convert.hpp"

namespace turnout::test {
namespace {

constexpr uint64_t start_ns = 1000000000000;

Mac mac_of(const MacBytes& bytes) {
    Mac mac;
    std::memcpy(&mac, bytes.data(), sizeof mac);
    return mac;
}

Route route(const abi::Address& to) {
    Route route{};
    const bool to_client = to == tables::to_row(client) || to == tables::to_row(to_ipv6(client));
    route.neighbour = {1, 1500, mac_of(to_client ? client_mac : server_mac), mac_of(director_mac),
                       1};
    route.next_hop = to;
    route.neighbour_known = true;
    return route;
}

}  // namespace

director::Director& NativeWorld::fresh() {
    director_.reset();
    tables_ = std::make_unique<native::MemoryTables>();
    first_cursors_.clear();
    world_ = {};
    world_.own_mac = mac_of(director_mac);
    world_.route = [](const abi::Address& to) { return std::optional(route(to)); };
    set_clock(start_ns);
    director_ = std::make_unique<director::Director>(
        tables_->rows, model::Limits{.services = 64, .servers = 256},
        [](const model::Address& to) { return std::optional(source_for(to)); },
        [this] { return now_ns_; });
    return *director_;
}

// A function of its own: what it takes is what tests/guard counts.
template <native::Lane lane>
[[gnu::noinline]] Verdict walk(native::NativeEnv<lane>& env) {
    return native::run(env);
}

template <native::Lane lane>
Outcome NativeWorld::run_in_lane(const Bytes& frame) {
    Outcome outcome;
    native::NativeEnv<lane> env(*tables_, world_, frame);
    outcome.verdict = walk(env);
    outcome.frame = env.frame();
    return outcome;
}

Outcome NativeWorld::run_in(bool complete, const Bytes& frame, uint32_t mark) {
    world_.mark = complete ? mark : 0;
    return complete ? run_in_lane<native::Lane::complete>(frame)
                    : run_in_lane<native::Lane::fast>(frame);
}

void NativeWorld::warm() {
    const auto second = abi::coarse_second(world_.now);
    tables_->neighbours[1] = route(tables::to_row(server(1))).neighbour;
    tables_->neighbours[2] = route(tables::to_row(client)).neighbour;
    for (auto& server : tables_->rows.servers) server.hop = abi::hop_ref(1, second);
    for (auto& bucket : tables_->rows.buckets)
        for (auto& connection : bucket.connection)
            if (connection.tuple.kind == abi::TupleKind::connection &&
                abi::method_of(connection.status) == abi::Method::nat)
                connection.hop = abi::hop_ref(2, second);
}

void NativeWorld::set_clock(uint64_t now_ns) {
    now_ns_ = now_ns;
    world_.now = abi::tick_of_ns(now_ns);
}

void NativeWorld::restart() {
    const auto clear = [](auto&& rows) {
        std::fill(rows.begin(), rows.end(), std::decay_t<decltype(rows[0])>{});
    };
    const auto cursors = tables_->rows.cursors;
    if (first_cursors_.empty()) first_cursors_.assign(cursors.begin(), cursors.end());
    std::copy(first_cursors_.begin(), first_cursors_.end(), cursors.begin());
    clear(tables_->buckets);
    clear(tables_->neighbours);
    clear(tables_->drops);
    for (abi::ServerState& state : tables_->rows.server_states)
        state.load = state.persistent = state.overloaded = 0;
    for (abi::Server& server : tables_->rows.servers) server.hop = server.path_mtu = 0;
    clear(tables_->rows.traffic);
    clear(tables_->rows.begun);
    tables_->calls.clear();
    tables_->fragment_notes.clear();
    tables_->held_fragments.clear();
    world_.called_in.clear();
    world_.sent.clear();
    set_clock(start_ns);
}

void NativeWorld::pass(uint32_t seconds) {
    set_clock(now_ns_ + seconds * 1000000000ull);
    native::sweep_all(*tables_, world_);
}

std::unique_ptr<World> native_world(bool complete) {
    return std::make_unique<NativeWorld>(complete);
}

}  // namespace turnout::test
