// Records move from one table to another with all that they are linked to, once, and whatever
// happens to them meanwhile.
#include "kernel/move_records.hpp"

#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "abi/maps.hpp"
#include "base/fd.hpp"
#include "kernel/data_plane.hpp"
#include "kernel/netns.hpp"
#include "kernel/pins.hpp"
#include "table/table.hpp"

namespace turnout::kernel {
namespace {

namespace status = abi::status;
using abi::Connection, abi::State, abi::TupleKind;

constexpr abi::Tick now = 1000000;

// A data plane's tables, with the table's own functions over them.
struct Side {
    std::unique_ptr<DataPlane> plane;
    std::string tables;

    tables::Rows& rows() { return plane->rows(); }
    abi::Bucket* bucket(uint32_t i) {
        return i < rows().buckets.size() ? &rows().buckets[i] : nullptr;
    }
    Searched find(const abi::Tuple& tuple, abi::Tick at) {
        const abi::Settings& settings = *rows().settings;
        const Place place = place_of(tuple, settings.hash_seed, settings.bucket_mask);
        const Found found = turnout::find(*this, place, tuple, at);
        return {found.location, found.seen};
    }
    Attempt try_insert(const Connection& record, uint32_t seen) {
        return turnout::try_insert(*this, *rows().settings, record, seen);
    }
    Location put(const Connection& record) {
        const Inserted made = turnout::insert(*this, record, not_seen);
        EXPECT_TRUE(made.inserted);
        return made.location;
    }
    Connection& record(Location location) { return *turnout::at(*this, location); }
    Connection* found(const abi::Tuple& tuple) {
        return turnout::at(*this, find(tuple, now).location);
    }
    abi::ServerState& server(uint32_t id) { return rows().server_states[id]; }
    Fd calls() { return Fd(bpf_obj_get((tables + '/' + abi::map::calls).c_str())); }
};

class MoveRecords : public testing::Test {
  protected:
    static Side make(const char* name) {
        const std::string pins =
            std::string(bpffs) + "/turnout/test-" + std::to_string(getpid()) + "-" + name;
        EXPECT_TRUE(ensure_bpffs(bpffs)) << "this test needs root";
        auto plane = DataPlane::load(pins, {.connection_bits = 10, .services = 16, .servers = 16});
        EXPECT_TRUE(plane) << plane.error().message;
        EXPECT_TRUE((*plane)->commit());
        return {std::move(*plane), tables_directory(pins)};
    }
    static void SetUpTestSuite() {
        from_ = new Side(make("from"));
        to_ = new Side(make("to"));
    }
    static void TearDownTestSuite() {
        for (Side* side : {from_, to_}) {
            const std::string pins = side->tables.substr(0, side->tables.rfind('/'));
            delete side;
            (void)remove_data_plane(pins);
        }
    }
    void SetUp() override {
        for (Side* side : {from_, to_}) {
            for (abi::Bucket& bucket : side->rows().buckets) bucket = {};
            for (abi::ServerState& state : side->rows().server_states) state = {};
            for (uint32_t id = 0; id < 16; ++id) {
                side->rows().servers[id].address = address(10, id);
                side->rows().servers[id].port = to_be(uint16_t{80});
            }
        }
        *to_->rows().settings = *from_->rows().settings;
    }

    static abi::Address address(uint32_t a, uint32_t b) {
        abi::Address made{};
        made.word[0] = to_be(a << 24 | b);
        return made;
    }
    static Connection connection(uint32_t client, uint32_t server, State state) {
        Connection made{};
        made.tuple = {address(203, client),
                      address(198, 1),
                      to_be(uint16_t{2000}),
                      to_be(uint16_t{80}),
                      6,
                      abi::Family::ipv4,
                      TupleKind::connection};
        made.status = static_cast<uint32_t>(state);
        if (state == State::established) made.status |= status::active;
        made.server = server;
        made.last_seen = now - 10;
        made.timeout = 1000;
        return made;
    }
    static Connection of_kind(TupleKind kind, Connection record) {
        record.tuple.kind = kind;
        record.status = 0;
        return record;
    }
    static std::unique_ptr<RecordMover> mover() {
        auto made = RecordMover::open(from_->tables, to_->tables, to_->rows(), now);
        EXPECT_TRUE(made) << made.error().message;
        return std::move(*made);
    }
    static void move_all() {
        const auto moving = mover();
        moving->copy_memory();
        moving->copy_memory();
        moving->move_connections();
        moving->settle();
        EXPECT_EQ(moving->lost(), 0u);
    }

    static inline Side *from_, *to_;
};

TEST_F(MoveRecords, connections_with_what_they_count) {
    const Connection busy = connection(1, 3, State::established),
                     idle = connection(2, 3, State::fin_wait);
    const Location first = from_->put(busy);
    from_->put(idle);
    move_all();
    ASSERT_TRUE(to_->found(busy.tuple) && to_->found(idle.tuple));
    EXPECT_EQ(to_->found(busy.tuple)->status & ~status::second_bucket, busy.status);
    EXPECT_EQ(to_->found(busy.tuple)->last_seen, busy.last_seen);
    EXPECT_EQ(to_->found(busy.tuple)->timeout, busy.timeout);
    EXPECT_EQ(to_->server(3).load, abi::load::active_one + abi::load::inactive_one);
    EXPECT_FALSE(from_->found(busy.tuple)) << "the old one is found by nobody";
    EXPECT_FALSE(from_->record(first).status & status::dead) << "who has found it may go on";
}

TEST_F(MoveRecords, a_full_table) {
    for (uint32_t client = 0; client < 900; ++client)
        from_->put(connection(client, client % 16, State::established));
    move_all();
    uint64_t load = 0;
    for (uint32_t client = 0; client < 900; ++client)
        EXPECT_TRUE(to_->found(connection(client, 0, State::established).tuple)) << client;
    for (uint32_t server = 0; server < 16; ++server) load += to_->server(server).load;
    EXPECT_EQ(load, 900 * abi::load::active_one);
}

TEST_F(MoveRecords, what_has_ended_or_ends_with_its_packet_stays_behind) {
    Connection expired = connection(1, 3, State::established), one = connection(2, 3, State::udp),
               dead = connection(3, 3, State::close);
    expired.last_seen = now - 5000;
    one.status |= status::one_packet;
    from_->put(one);
    from_->record(from_->put(dead)).status |= status::dead;
    from_->put(expired);
    move_all();
    for (const Connection& record : {expired, one, dead}) EXPECT_FALSE(to_->found(record.tuple));
    EXPECT_EQ(to_->server(3).load, 0u);
}

TEST_F(MoveRecords, templates_with_their_connections_and_the_names_of_calls) {
    Connection parent = of_kind(TupleKind::persistence, connection(1, 5, State::none));
    parent.status = status::by_call | status::assured;
    const Location old_parent = from_->put(parent);
    from_->record(old_parent).children = 2;
    abi::NamedCall call{};
    std::strcpy(call.call.text, "a@b");
    call.call.length = 3;
    ASSERT_EQ(bpf_map_update_elem(from_->calls().get(), &old_parent, &call, BPF_ANY), 0);
    Connection retired = of_kind(TupleKind::persistence, connection(9, 5, State::none));
    retired.status = status::retired;
    const Location nobodys = from_->put(retired);
    Connection child = connection(1, 5, State::established), other = connection(2, 5, State::udp),
               last = connection(3, 5, State::udp);
    child.link = other.link = old_parent;
    last.link = nobodys;
    for (const Connection& record : {child, other, last}) from_->put(record);

    move_all();
    const Location made = to_->find(parent.tuple, now).location;
    ASSERT_TRUE(made);
    EXPECT_EQ(to_->record(made).status & ~status::second_bucket, parent.status);
    EXPECT_EQ(to_->record(made).children, 2u);
    EXPECT_EQ(to_->server(5).persistent, 1u);
    EXPECT_EQ(to_->found(child.tuple)->link, made);
    EXPECT_EQ(to_->found(other.tuple)->link, made);
    EXPECT_EQ(to_->found(last.tuple)->link, 0u) << "a retired template is nobody's any more";
    abi::NamedCall named{};
    ASSERT_EQ(bpf_map_lookup_elem(to_->calls().get(), &made, &named), 0);
    EXPECT_STREQ(named.call.text, "a@b");
}

TEST_F(MoveRecords, a_template_that_connections_alone_keep_is_kept) {
    Connection parent = of_kind(TupleKind::persistence, connection(1, 5, State::none));
    parent.last_seen = now - 5000;
    const Location old_parent = from_->put(parent);
    from_->record(old_parent).children = 1;
    Connection child = connection(1, 5, State::established);
    child.link = old_parent;
    from_->put(child);
    move_all();
    ASSERT_TRUE(to_->found(parent.tuple));
    EXPECT_EQ(to_->found(child.tuple)->link, to_->find(parent.tuple, now).location);
}

TEST_F(MoveRecords, reply_records_lead_to_the_copies) {
    const Connection record = connection(1, 3, State::established);
    Connection reply = of_kind(TupleKind::reply, record);
    reply.tuple.virtual_address = address(10, 3);
    reply.link = from_->put(record);
    from_->put(reply);
    Connection orphan = of_kind(TupleKind::reply, connection(7, 3, State::none));
    from_->put(orphan);
    move_all();
    ASSERT_TRUE(to_->found(reply.tuple));
    EXPECT_EQ(to_->found(reply.tuple)->link, to_->find(record.tuple, now).location);
    EXPECT_EQ(to_->server(3).load, abi::load::active_one) << "moved once";
    EXPECT_FALSE(from_->found(reply.tuple));
    EXPECT_FALSE(to_->found(orphan.tuple));
}

TEST_F(MoveRecords, what_lblcr_remembers_as_a_chain_in_its_order) {
    Connection set = of_kind(TupleKind::locality, connection(1, 0, State::none));
    const Location old_set = from_->put(set);
    Location head = 0;
    for (uint32_t server = 1; server <= 3; ++server) {
        Connection member = of_kind(TupleKind::locality_member, set);
        member.server = server;
        member.tuple.client.word[2].raw = server;
        member.tuple.client.word[3].raw = old_set;
        member.link = head;
        head = from_->put(member);
        if (server == 2) from_->record(head).status |= status::retired;
    }
    from_->record(old_set).link = head;
    move_all();
    const Location made = to_->find(set.tuple, now).location;
    ASSERT_TRUE(made);
    const Connection& first = to_->record(to_->record(made).link);
    EXPECT_EQ(first.server, 3u);
    EXPECT_EQ(first.tuple.client.word[3].raw, made);
    const Connection& second = to_->record(first.link);
    EXPECT_EQ(second.server, 1u) << "who has left is left out";
    EXPECT_EQ(second.link, 0u);
}

TEST_F(MoveRecords, a_mover_that_was_killed_is_followed_by_another) {
    Connection parent = of_kind(TupleKind::persistence, connection(1, 5, State::none));
    const Location old_parent = from_->put(parent);
    Connection child = connection(1, 5, State::established);
    child.link = old_parent;
    const Location old_child = from_->put(child);
    mover()->copy_memory();
    // Copied, and not yet retired in the old table.
    const auto killed = mover();
    killed->move_connections();
    from_->record(old_child).status = static_cast<uint32_t>(State::fin_wait);

    move_all();
    move_all();
    EXPECT_EQ(to_->server(5).load, abi::load::inactive_one);
    EXPECT_EQ(to_->server(5).persistent, 1u);
    EXPECT_EQ(to_->found(parent.tuple)->children, 1u);
    EXPECT_EQ(to_->found(child.tuple)->status & status::state_mask,
              static_cast<uint32_t>(State::fin_wait));
}

TEST_F(MoveRecords, packets_on_their_way_through_the_old_data_plane) {
    const Connection ending = connection(1, 3, State::established),
                     gone_on = connection(2, 3, State::established);
    const Location first = from_->put(ending), second = from_->put(gone_on);
    const auto moving = mover();
    moving->move_connections();
    const auto becomes = [](Connection& record, State state) {
        record.status &= ~(status::state_mask | status::active);
        record.status |= static_cast<uint32_t>(state);
        record.timeout = 77;
        record.last_seen = now;
    };
    becomes(from_->record(first), State::fin_wait);
    becomes(from_->record(second), State::fin_wait);
    // The new data plane has seen a later packet of the second.
    Connection& newer = *to_->found(gone_on.tuple);
    newer.status = (newer.status & ~status::state_mask) | static_cast<uint32_t>(State::close_wait);

    moving->settle();
    const Connection& copy = *to_->found(ending.tuple);
    EXPECT_EQ(copy.status & (status::state_mask | status::retired | status::active),
              static_cast<uint32_t>(State::fin_wait));
    EXPECT_EQ(copy.timeout, 77u);
    EXPECT_EQ(copy.last_seen, now);
    EXPECT_EQ(newer.status & status::state_mask, static_cast<uint32_t>(State::close_wait));
    EXPECT_EQ(to_->server(3).load, abi::load::active_one + abi::load::inactive_one);
}

}  // namespace
}  // namespace turnout::kernel
