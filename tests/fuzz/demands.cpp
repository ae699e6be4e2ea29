#include "fuzz/demands.hpp"

#include <map>

#include "base/panic.hpp"
#include "packet/view.hpp"
#include "table/table.hpp"

namespace turnout::fuzz {
namespace {

using test::Bytes, test::NativeWorld, test::Outcome, test::View;

void demand(bool holds, const char* what, const Bytes& in, const Bytes& out) {
    if (holds) return;
    std::fprintf(stderr, "in:  %s\nout: %s %s\n", test::describe(in).c_str(),
                 test::describe(out).c_str(), test::checksum_fault(out).c_str());
    panic(what);
}

// Ends where its IP packet does.
bool is_exact(const Bytes& frame) {
    return View{frame}.end() == frame.size();
}

void demand_sound(const Bytes& in, const Bytes& out) {
    if (!test::checksum_fault(in).empty()) return;
    demand(test::checksum_fault(out).empty(), "a sound packet left unsound", in, out);
    if (is_exact(in)) demand(is_exact(out), "a packet left with a wrong length", in, out);
}

// Visits every record that is visible and has not ended.
template <class Visit>
void for_each_record(NativeWorld& world, const Visit& visit) {
    const auto& buckets = world.rows().buckets;
    for (uint32_t index = 0; index < buckets.size(); ++index)
        for (uint32_t line = 1; line <= abi::connections_per_bucket; ++line) {
            const abi::Connection& record = buckets[index].connection[line - 1];
            const bool visible = buckets[index].header.word[0] >> line & 1;
            if (visible && !(record.status & abi::status::dead)) visit(index * 16 + line, record);
        }
}

bool has_records(NativeWorld& world) {
    for (const abi::Bucket& bucket : world.rows().buckets) {
        if (bucket.header.word[0] & ~abi::bucket_state::version_mask) return true;
        for (uint32_t line = 1; line <= abi::connections_per_bucket; ++line)
            if (bucket.header.word[line]) return true;
    }
    return false;
}

}  // namespace

Ledger::Ledger(NativeWorld& world) {
    for (const abi::TrafficCounters& each : world.rows().traffic) packets_ += each.packets;
    for (uint32_t reason = 0; reason < abi::drop_rows; ++reason)
        drops_ += world.drops(static_cast<abi::Drop>(reason));
}

void Ledger::demand_balance(NativeWorld& world, const Bytes& in, const Outcome& outcome) const {
    const Ledger now(world);
    const uint64_t packets = now.packets_ - packets_, drops = now.drops_ - drops_;
    const Bytes& out = outcome.frame;
    const std::vector<Bytes> pieces = world.take_pieces();
    switch (outcome.verdict) {
        case Verdict::pass:
            demand(out == in, "a packet that passed was touched", in, out);
            demand(packets == 0, "a packet that passed was counted", in, out);
            break;
        case Verdict::drop:
            demand(drops == 1 || world.calls_in(), "a drop that is not counted once", in, out);
            break;
        case Verdict::transmit:
            demand(packets + drops == 1, "a packet that is not counted once", in, out);
            demand_sound(in, out);
            for (const Bytes& piece : pieces) demand_sound(in, piece);
            break;
    }
}

void demand_same(const std::vector<Outcome>& one, const std::vector<Outcome>& other) {
    ensure(one.size() == other.size(), "the lanes called in different packets");
    for (size_t i = 0; i < one.size(); ++i) {
        const bool same = one[i].verdict == other[i].verdict && one[i].frame == other[i].frame;
        demand(same, "the lanes do not agree", one[i].frame, other[i].frame);
    }
}

void demand_true_counts(NativeWorld& world) {
    std::map<uint32_t, uint64_t> loads, children;
    std::map<uint32_t, uint32_t> templates;
    for_each_record(world, [&](uint32_t, const abi::Connection& record) {
        if (record.tuple.kind == abi::TupleKind::persistence) ++templates[record.server];
        if (record.tuple.kind != abi::TupleKind::connection) return;
        const bool active = record.status & abi::status::active;
        loads[record.server] += active ? abi::load::active_one : abi::load::inactive_one;
        if (record.link) ++children[record.link];
    });
    for_each_record(world, [&](uint32_t location, const abi::Connection& record) {
        if (record.tuple.kind == abi::TupleKind::persistence)
            ensure(record.children == children[location],
                   "a template's connections are miscounted");
    });
    const auto& states = world.rows().server_states;
    for (uint32_t id = 0; id < states.size(); ++id) {
        ensure(states[id].load == loads[id], "a server's connections are miscounted");
        ensure(states[id].persistent == templates[id], "a server's templates are miscounted");
    }
}

void demand_an_end(NativeWorld& world) {
    constexpr uint32_t longer_than_anything_s = 90000;
    // What others hold ends after them.
    for (int time = 0; time < 6; ++time) world.pass(longer_than_anything_s);
    ensure(!has_records(world), "a record has no end");
    for (const abi::ServerState& state : world.rows().server_states)
        ensure(!state.load && !state.persistent && !state.overloaded, "a count has no end");
}

}  // namespace turnout::fuzz
