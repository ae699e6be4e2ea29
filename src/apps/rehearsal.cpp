#include "apps/rehearsal.hpp"

#include "base/clock.hpp"
#include "director/director.hpp"
#include "kernel/data_plane.hpp"
#include "native/memory_tables.hpp"

namespace turnout {
namespace {

constexpr kernel::Sizes sizes;

std::optional<model::Address> same(const model::Address& to) {
    return to;
}

class InMemory : public cli::Rehearsal {
  public:
    model::Control& control() override { return director_; }
    model::OwnControl& own() override { return director_; }

  private:
    native::MemoryTables tables_{{.connection_bits = 10,
                                  .services = sizes.services,
                                  .servers = sizes.servers,
                                  .ring_words = sizes.rings * 1024}};
    director::Director director_{
        tables_.rows, {.services = sizes.services, .servers = sizes.servers}, same, monotonic_ns};
};

}  // namespace

std::unique_ptr<cli::Rehearsal> make_rehearsal() {
    return std::make_unique<InMemory>();
}

}  // namespace turnout
