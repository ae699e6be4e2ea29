// Many changes one after another, without waiting for the answer to each.
//
// Changes go to the director several in a datagram; while it applies those, the next are written.
// Each is applied whether or not the one before was refused.  Only refusals are answered, and the
// last change of a datagram, which tells that all of it is done.
#pragma once

#include <functional>

#include "ipvs/client.hpp"

namespace turnout::ipvs {

class ChangeStream {
  public:
    // Told of each change that was refused, in order: how many changes were added before it, and
    // why.  When the director cannot be asked any more, that is every change without an answer.
    using Refused = std::function<void(size_t number, const Error& error)>;

    // Nobody else may ask `client` between add() and finish(); it outlives this object.
    ChangeStream(Client& client, Refused refused) : client_(client), refused_(std::move(refused)) {}

    void add(const model::Change& change);
    // All that has been added is applied or refused when this returns.
    void finish();

  private:
    void send();
    void await();
    void take(View answers);

    Client& client_;
    Refused refused_;
    Bytes datagram_;   // that is being written
    size_t last_ = 0;  // where its last message begins
    // Changes that were added, of them sent, of them answered.
    size_t added_ = 0, sent_ = 0, answered_ = 0;
};

}  // namespace turnout::ipvs
