// The native world: plain memory, a clock that moves when it is told to, and routes that always
// exist.
#pragma once

#include "native/native_env.hpp"
#include "packet/world.hpp"

namespace turnout::test {

class NativeWorld : public World {
  public:
    explicit NativeWorld(bool complete) : complete_(complete) {}

    std::string name() const override { return complete_ ? "native-complete" : "native-fast"; }
    bool is_complete() const override { return complete_; }
    director::Director& fresh() override;
    Outcome run_in(bool complete, const Bytes& frame, uint32_t mark) override;
    void warm() override;
    uint64_t drops(abi::Drop reason) override {
        return tables_->drops[static_cast<size_t>(reason)];
    }
    tables::Rows& rows() override { return tables_->rows; }

    // Takes everything back that packets did since the first call after fresh(), at which they must
    // not have done anything yet.
    void restart();
    // Time goes by, and the sweeper with it.
    void pass(uint32_t seconds);
    abi::Tick now() const { return world_.now; }
    // Frames that came in once more since they were last taken: for the complete lane.
    bool calls_in() const { return !world_.called_in.empty(); }
    std::vector<Bytes> take_called_in() { return std::exchange(world_.called_in, {}); }
    // Pieces that went out, but for the last of each packet.
    std::vector<Bytes> take_pieces() { return std::exchange(world_.sent, {}); }

  private:
    template <native::Lane lane>
    Outcome run_in_lane(const Bytes& frame);

    void set_clock(uint64_t now_ns);

    bool complete_;
    uint64_t now_ns_ = 0;
    std::vector<abi::Cursor> first_cursors_;
    std::unique_ptr<native::MemoryTables> tables_;
    native::World world_;
    std::unique_ptr<director::Director> director_;
};

}  // namespace turnout::test
