// Serves the API over HTTP on a Unix socket, for root alone.
//
// Clients are served side by side, and none can harm another: requests have a greatest size, and
// whoever takes longer than our patience to send one or to read its answer is hung up on.  When all
// places are taken, the client that came first gives its place to the newcomer.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "model/own_control.hpp"

namespace boost::asio {
class io_context;
}

namespace turnout::api {

class Server {
  public:
    static constexpr size_t max_clients = 64;
    // Room for more rules than the tables have.
    static constexpr size_t longest_body = size_t{1} << 20;

    // `io` and `control` outlive the server; all work happens in `io`'s thread.
    Server(boost::asio::io_context& io, model::OwnControl& control, std::string path,
           std::chrono::milliseconds patience = std::chrono::seconds(10));
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
    model::OwnControl& control_;
    std::string path_;
    std::chrono::milliseconds patience_;
    std::shared_ptr<Listener> listener_;
};

}  // namespace turnout::api
