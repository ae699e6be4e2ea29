// Serves IPVS requests on a Unix SEQPACKET socket, for root alone.
//
// Every client is served in turn, one datagram at a time: the next is read when the answers to the
// last are delivered, so that a client which does not read keeps no more than one answer in memory
// and delays nobody.  When all places are taken, a client that leaves its answer unread
// gives its place to the newcomer; if there is none, the newcomer is refused with EBUSY.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "model/control.hpp"

namespace boost::asio {
class io_context;
}

namespace turnout::ipvs {

class Server {
  public:
    static constexpr size_t max_clients = 256;

    // `io` and `control` outlive the server; all work happens in `io`'s thread.
    Server(boost::asio::io_context& io, model::Control& control, std::string path);
    // Closes every client and removes the socket file.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Listens.  Makes the socket's folder; replaces a file that nobody listens on any more.
    // EADDRINUSE: a director serves there already.
    Status start();

  private:
    class Listener;

    boost::asio::io_context& io_;
    model::Control& control_;
    std::string path_;
    std::shared_ptr<Listener> listener_;
};

}  // namespace turnout::ipvs
