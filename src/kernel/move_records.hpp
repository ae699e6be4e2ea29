// Connections, and whatever else stands in the connection table, move to a table of another layout
// while packets use both.
//
// The old data plane stands before the new one, and passes on what it does not find.  So a record
// is first copied, and then *retired* in the old table by compare-and-swap of its status: nobody
// finds it there any more, and its next packet meets the copy.  A packet that had found it before
// still goes by it to its end, and what that did to its state is carried over at the last
// (settle()).
//
// Links and keys that are locations are led to the copies.  What has been moved can be moved again:
// a daemon that is killed in the middle is followed by one that begins anew.
#pragma once

#include <memory>
#include <string>

#include "abi/time.hpp"
#include "base/result.hpp"
#include "tables/rows.hpp"

namespace turnout::kernel {

class RecordMover {
  public:
    // `from`: the folder of the old tables' pins; `to`: of those behind `rows`, which outlive this
    // object; `now`: the data plane's time.
    static Result<std::unique_ptr<RecordMover>> open(const std::string& from, const std::string& to,
                                                     tables::Rows& rows, abi::Tick now);
    ~RecordMover();

    // Templates, and what lblc and lblcr remember: copied, for those that open connections.  To be
    // called before the old services end, and once more after that.
    void copy_memory();
    // After the old data plane has ceased to open connections.
    void move_connections();
    // After every packet that met the old table before has left it.
    void settle();

    // Those for which the new table had no room.
    uint32_t lost() const;

  private:
    struct State;
    explicit RecordMover(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace turnout::kernel
