#include "kernel/move_records.hpp"

#include <vector>

#include "abi/maps.hpp"
#include "kernel/old_records.hpp"
#include "table/counts.hpp"
#include "table/sweep.hpp"
#include "table/table.hpp"

namespace turnout::kernel {
namespace {

namespace status = abi::status;
using abi::Connection, abi::TupleKind;

// The new tables, as the functions of table/ want them.
struct NewTable {
    tables::Rows& rows;

    abi::Bucket* bucket(uint32_t i) { return i < rows.buckets.size() ? &rows.buckets[i] : nullptr; }
    const abi::Server* server(uint32_t i) {
        return i < rows.servers.size() ? &rows.servers[i] : nullptr;
    }
    abi::ServerState* server_state(uint32_t i) {
        return i < rows.server_states.size() ? &rows.server_states[i] : nullptr;
    }
    abi::CandidateGroups* candidate_groups(uint32_t i) {
        return i < rows.candidate_groups.size() ? &rows.candidate_groups[i] : nullptr;
    }
    Searched find(const abi::Tuple& tuple, abi::Tick now) {
        const Place place = place_of(tuple, rows.settings->hash_seed, rows.settings->bucket_mask);
        const Found found = turnout::find(*this, place, tuple, now);
        return {found.location, found.seen};
    }
    Attempt try_insert(const Connection& record, uint32_t seen) {
        return turnout::try_insert(*this, *rows.settings, record, seen);
    }
};

// What belongs to a place in its table and not to the record.
constexpr uint32_t of_the_place =
    status::second_bucket | status::pending | status::noted | status::told;

// One that has been moved, and the status it had when it was retired.
struct Moved {
    Location from, to;
    uint32_t status;
};

}  // namespace

struct RecordMover::State {
    OldTable from;
    std::optional<OldNotes> calls, ftp_controls;
    NewTable to;
    abi::Tick now;
    std::vector<Moved> moved = {};
    uint32_t lost = 0;

    template <class Visit>
    void each_of(TupleKind kind, const Visit& visit) {
        from.each(static_cast<uint32_t>(to.rows.buckets.size()), [&](const OldRecord& old) {
            const Connection record = from.read(old);
            if (record.tuple.kind == kind) visit(old, record);
        });
    }
    Location copy(Connection record, bool& fresh);
    Location copy_of(Location old_location);

    void copy_template(const OldRecord& old, Connection record);
    void copy_locality(Connection record);
    Location copy_members(Location old_head, Location set);

    Connection* hold_parent(Connection& record);
    Location copy_connection(const Connection& old);
    Location move_connection(const OldRecord& old);
    void move_reply(const OldRecord& old, Connection record);
    void retire(const OldRecord& old, Location copy, uint32_t copied);
    void change(Connection& copy, uint32_t before, uint32_t after);
};

// A copy of the record in the new table, or the one that is there already; 0: no room.
Location RecordMover::State::copy(Connection record, bool& fresh) {
    record.status &= ~of_the_place;
    const Inserted made = insert(to, record, not_seen);
    fresh = made.inserted;
    if (!made.location) ++lost;
    return made.location;
}

// Where the copy of a record is that the old table has at a location; 0: nowhere.
Location RecordMover::State::copy_of(Location old_location) {
    const OldRecord old = from.at(old_location);
    return old ? to.find(from.read(old).tuple, now).location : 0;
}

// It counts for its server, and its connections for it, as they come.
void RecordMover::State::copy_template(const OldRecord& old, Connection record) {
    if (!can_be_found(record, record.tuple.kind, now)) return;
    if (expired(record, now)) extend(record, now);
    record.children = 0;
    bool fresh = false;
    const Location location = copy(record, fresh);
    Connection* made = at(to, location);
    if (!made) return;
    if (!fresh) {
        if (made->server == record.server && abi::elapsed(made->last_seen, record.last_seen) > 0)
            store_once(made->last_seen, record.last_seen);
        return;
    }
    if (abi::ServerState* state = to.server_state(record.server)) bind_template(to, *state);
    if (calls && record.status & status::by_call) calls->copy(old.location, location);
}

void RecordMover::State::copy_locality(Connection record) {
    if (!can_be_found(record, record.tuple.kind, now)) return;
    const Location old_head = record.link;
    record.link = 0;
    bool fresh = false;
    const Location set = copy(record, fresh);
    Connection* made = at(to, set);
    if (!made || !old_head || load_once(made->link)) return;
    // Somebody who joins meanwhile is as good.
    (void)swap_if(made->link, 0u, copy_members(old_head, set));
}

// The servers of lblcr's set, from the last to the first: each names the one behind it, and the
// set.
Location RecordMover::State::copy_members(Location old_head, Location set) {
    std::vector<Connection> members;
    for (Location next = old_head; const OldRecord old = from.at(next);) {
        const Connection member = from.read(old);
        if (member.tuple.kind != TupleKind::locality_member) break;
        if (!(member.status & (status::dead | status::retired))) members.push_back(member);
        if (members.size() >= abi::most_candidates) break;
        next = member.link;
    }
    Location head = 0;
    for (auto member = members.rbegin(); member != members.rend(); ++member) {
        member->tuple.client.word[3].raw = set;
        member->link = head;
        bool fresh = false;
        if (const Location made = copy(*member, fresh)) head = made;
    }
    return head;
}

// Leads the record's link to the copy of its template, which from then on counts it; or to that of
// its control connection, which does not.
Connection* RecordMover::State::hold_parent(Connection& record) {
    if (record.status & status::data) {
        const OldRecord control = from.at(record.link);
        record.link = control ? move_connection(control) : 0;
        return nullptr;
    }
    record.link = record.link ? copy_of(record.link) : 0;
    Connection* parent = at(to, record.link);
    if (!parent) return nullptr;
    add(parent->children, 1u);
    if (!(load_once(parent->status) & status::dead)) return parent;
    add(parent->children, ~0u);
    record.link = 0;
    return nullptr;
}

Location RecordMover::State::copy_connection(const Connection& old) {
    Connection record = old;
    record.hop = 0;
    Connection* parent = hold_parent(record);
    bool fresh = false;
    const Location location = copy(record, fresh);
    if (!fresh) {
        if (parent) add(parent->children, ~0u);
        return location;
    }
    abi::ServerState* state = to.server_state(record.server);
    if (!state) return location;
    bind_connection(to, *state, record.status & status::active);
    return location;
}

// The copy of a connection whose packets meet it from now on; 0 when there is none.
Location RecordMover::State::move_connection(const OldRecord& old) {
    const Connection record = from.read(old);
    if (record.tuple.kind != TupleKind::connection || !alive(record, now)) return 0;
    // Ends with its packet, or waits for fragments alone; or it was moved before.
    if (record.status & (status::one_packet | status::retired)) return copy_of(old.location);
    const Location location = copy_connection(record);
    if (ftp_controls && location && record.status & status::helped)
        ftp_controls->copy(old.location, location);
    if (location) retire(old, location, record.status);
    return location;
}

// First the connection and the record that leads replies to it, then the old one gives way.
void RecordMover::State::move_reply(const OldRecord& old, Connection record) {
    if (record.status & status::retired) return;
    const OldRecord connection = from.at(record.link);
    if (!connection || !is_reply_of(to, record.tuple, from.read(connection))) return;
    record.link = move_connection(connection);
    if (!record.link) return;
    bool fresh = false;
    if (Connection* made = at(to, copy(record, fresh))) store_once(made->link, record.link);
    set_bits(*old.status, status::retired);
}

void RecordMover::State::change(Connection& copy, uint32_t before, uint32_t after) {
    if (before == after || !swap_if(copy.status, before, after)) return;
    abi::ServerState* state = to.server_state(copy.server);
    const bool was = before & status::active, is = after & status::active;
    if (!state || was == is) return;
    change_load(to, *state,
                is ? abi::load::active_one - abi::load::inactive_one
                   : abi::load::inactive_one - abi::load::active_one);
}

// What has happened to it since it was copied happens to the copy, too; also that it has ended.
void RecordMover::State::retire(const OldRecord& old, Location location, uint32_t copied) {
    Connection* made = at(to, location);
    if (!made) return;
    const uint32_t shown = load_once(made->status);
    const uint32_t own = shown & of_the_place;
    for (uint32_t seen = load_once(*old.status);; seen = load_once(*old.status)) {
        if (seen & status::dead) {
            if (shown == ((copied & ~of_the_place) | own) && end(*made, shown, now))
                return_count(to, *made, shown);
            return;
        }
        if (!swap_if(*old.status, seen, seen | status::retired)) continue;
        const uint32_t after = (seen & ~of_the_place) | own;
        change(*made, shown, after);
        moved.push_back({old.location, location, after});
        return;
    }
}

RecordMover::RecordMover(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordMover::~RecordMover() = default;

Result<std::unique_ptr<RecordMover>> RecordMover::open(const std::string& from,
                                                       const std::string& to, tables::Rows& rows,
                                                       abi::Tick now) {
    auto table = OldTable::open(from, to);
    if (!table) return std::unexpected(table.error());
    auto calls = OldNotes::open(from, to, abi::map::calls);
    if (!calls) return std::unexpected(calls.error());
    auto controls = OldNotes::open(from, to, abi::map::ftp_controls);
    if (!controls) return std::unexpected(controls.error());
    auto state = std::unique_ptr<State>(
        new State{std::move(*table), std::move(*calls), std::move(*controls), NewTable{rows}, now});
    return std::unique_ptr<RecordMover>(new RecordMover(std::move(state)));
}

void RecordMover::copy_memory() {
    state_->each_of(TupleKind::persistence, [this](const OldRecord& old, const Connection& record) {
        state_->copy_template(old, record);
    });
    state_->each_of(TupleKind::locality, [this](const OldRecord&, const Connection& record) {
        state_->copy_locality(record);
    });
}

void RecordMover::move_connections() {
    state_->each_of(TupleKind::reply, [this](const OldRecord& old, const Connection& record) {
        state_->move_reply(old, record);
    });
    state_->each_of(TupleKind::connection, [this](const OldRecord& old, const Connection&) {
        (void)state_->move_connection(old);
    });
}

// Its time is the later of the two; its state that of the old record, unless a packet has already
// changed it since.
void RecordMover::settle() {
    for (const auto& [from, to, retired] : state_->moved) {
        const OldRecord old = state_->from.at(from);
        Connection* copy = at(state_->to, to);
        if (!old || !copy) continue;
        const Connection record = state_->from.read(old);
        if (record.status & status::dead) continue;
        if (abi::elapsed(copy->last_seen, record.last_seen) > 0)
            store_once(copy->last_seen, record.last_seen);
        const uint32_t after =
            (record.status & ~(of_the_place | status::retired)) | (retired & of_the_place);
        if (after == retired) continue;
        store_once(copy->timeout, record.timeout);
        state_->change(*copy, retired, after);
    }
}

uint32_t RecordMover::lost() const {
    return state_->lost;
}

}  // namespace turnout::kernel
