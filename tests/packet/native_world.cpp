// The native world: plain memory, a fixed clock, and routes that always exist.
#include "native/native_env.hpp"
#include "packet/world.hpp"
#include "tables/convert.hpp"

namespace turnout::test {
namespace {

constexpr uint64_t start_ns = 1000000000000;

Mac mac_of(const MacBytes& bytes) {
    Mac mac;
    std::memcpy(&mac, bytes.data(), sizeof mac);
    return mac;
}

template <native::Lane lane>
class NativeWorld : public World {
  public:
    std::string name() const override {
        return lane == native::Lane::complete ? "native-complete" : "native-fast";
    }

    director::Director& fresh() override {
        director_.reset();
        tables_ = std::make_unique<native::MemoryTables>();
        world_.now = abi::tick_of_ns(start_ns);
        world_.own_mac = mac_of(director_mac);
        world_.route = [](const abi::Address& to) { return std::optional(route(to)); };
        director_ = std::make_unique<director::Director>(
            tables_->rows, model::Limits{.services = 64, .servers = 256},
            [](const model::Address& to) { return std::optional(source_for(to)); },
            [] { return start_ns; });
        return *director_;
    }

    Outcome run(const Bytes& frame, uint32_t mark) override {
        world_.mark = is_complete() ? mark : 0;
        Outcome outcome;
        native::NativeEnv<lane> env(*tables_, world_, frame);
        outcome.verdict = direct(env);
        outcome.frame = env.frame();
        return outcome;
    }

    void warm() override {
        const auto second = abi::coarse_second(world_.now);
        tables_->neighbours[1] = route(tables::to_row(server(1))).neighbour;
        tables_->neighbours[2] = route(tables::to_row(client)).neighbour;
        for (auto& state : tables_->rows.server_states) state.hop = abi::hop_ref(1, second);
        for (auto& bucket : tables_->rows.buckets)
            for (auto& connection : bucket.connection)
                if (connection.tuple.kind == abi::TupleKind::connection)
                    connection.reply_hop = abi::hop_ref(2, second);
    }

    uint64_t drops(abi::Drop reason) override {
        return tables_->drops[static_cast<size_t>(reason)];
    }
    tables::Rows& rows() override { return tables_->rows; }
    bool is_complete() const override { return lane == native::Lane::complete; }

  private:
    static Route route(const abi::Address& to) {
        Route route{};
        const bool to_client =
            to == tables::to_row(client) || to == tables::to_row(to_ipv6(client));
        route.neighbour = {1, 1500, mac_of(to_client ? client_mac : server_mac),
                           mac_of(director_mac), 1};
        route.next_hop = to;
        route.neighbour_known = true;
        return route;
    }

    std::unique_ptr<native::MemoryTables> tables_;
    native::World world_;
    std::unique_ptr<director::Director> director_;
};

}  // namespace

std::unique_ptr<World> native_world(bool complete) {
    if (complete) return std::make_unique<NativeWorld<native::Lane::complete>>();
    return std::make_unique<NativeWorld<native::Lane::fast>>();
}

}  // namespace turnout::test
