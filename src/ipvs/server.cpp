#include "ipvs/server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_seq_packet_socket.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/seq_packet_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <deque>
#include <set>

#include "base/fd.hpp"
#include "base/unix_socket.hpp"
#include "ipvs/responder.hpp"

namespace turnout::ipvs {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Protocol = asio::generic::seq_packet_protocol;
using Acceptor = asio::basic_socket_acceptor<Protocol>;

// One client: reads requests, writes their answers, and again.
class Session : public std::enable_shared_from_this<Session> {
  public:
    using Closed = std::function<void(const std::shared_ptr<Session>&)>;

    Session(Protocol::socket socket, model::Control& control, Closed closed)
        : socket_(std::move(socket)), responder_(control), closed_(std::move(closed)) {}

    void read() {
        socket_.async_receive(asio::buffer(request_), 0, flags_,
                              [self = shared_from_this()](error_code error, size_t length) {
                                  if (error || length == 0) return self->close();
                                  self->answer(length);
                              });
    }

    // The last message that this client gets.
    void refuse(int code) {
        error_code ignored;
        socket_.non_blocking(true, ignored);
        const Bytes reason = refusal(code, nullptr);
        socket_.send(asio::buffer(reason), 0, ignored);
        socket_.close(ignored);
    }

    void close() {
        if (!socket_.is_open()) return;
        error_code ignored;
        socket_.close(ignored);
        closed_(shared_from_this());
    }

    bool leaves_answers_unread() const { return !answers_.empty(); }

  private:
    void answer(size_t length) {
        take(responder_.respond(View(request_.data(), length)));
        if (answers_.empty()) return close();
        write();
    }

    void take(std::vector<Bytes> answers) {
        answers_.assign(std::make_move_iterator(answers.begin()),
                        std::make_move_iterator(answers.end()));
    }

    void write() {
        socket_.async_send(asio::buffer(answers_.front()), 0,
                           [self = shared_from_this()](error_code error, size_t) {
                               if (error) return self->close();
                               self->answers_.pop_front();
                               if (self->answers_.empty()) self->take(self->responder_.more());
                               if (self->answers_.empty()) return self->read();
                               self->write();
                           });
    }

    Protocol::socket socket_;
    Responder responder_;
    Closed closed_;
    // A longer one arrives cut and is refused as such.
    std::array<uint8_t, max_datagram> request_{};
    asio::socket_base::message_flags flags_ = 0;
    std::deque<Bytes> answers_;
};

}  // namespace

// Accepts clients and keeps the list of them.
class Server::Listener : public std::enable_shared_from_this<Listener> {
  public:
    Listener(asio::io_context& io, model::Control& control, Fd socket)
        : acceptor_(io, Protocol(AF_UNIX, 0), socket.release()), control_(control) {}

    void accept() {
        acceptor_.async_accept(
            [self = shared_from_this()](error_code error, Protocol::socket socket) {
                if (!self->acceptor_.is_open()) return;
                if (!error) self->welcome(std::move(socket));
                // Out of descriptors: a client's place is what we can free.
                if (error && !self->sessions_.empty()) (*self->sessions_.begin())->close();
                self->accept();
            });
    }

    void close() {
        error_code ignored;
        acceptor_.close(ignored);
        while (!sessions_.empty()) (*sessions_.begin())->close();
    }

  private:
    void welcome(Protocol::socket socket) {
        const bool allowed = peer_may_ask(socket.native_handle());
        auto forget = [weak = weak_from_this()](const std::shared_ptr<Session>& session) {
            if (const auto self = weak.lock()) self->sessions_.erase(session);
        };
        const auto session = std::make_shared<Session>(std::move(socket), control_, forget);
        if (!allowed) return session->refuse(EPERM);
        if (sessions_.size() >= max_clients && !make_room()) return session->refuse(EBUSY);
        sessions_.insert(session);
        session->read();
    }

    bool make_room() {
        const auto idler =
            std::find_if(sessions_.begin(), sessions_.end(),
                         [](const auto& session) { return session->leaves_answers_unread(); });
        if (idler == sessions_.end()) return false;
        std::shared_ptr<Session>(*idler)->close();
        return true;
    }

    Acceptor acceptor_;
    model::Control& control_;
    std::set<std::shared_ptr<Session>> sessions_;
};

Server::Server(asio::io_context& io, model::Control& control, std::string path)
    : io_(io), control_(control), path_(std::move(path)) {}

Server::~Server() {
    if (!listener_) return;
    unlink(path_.c_str());
    listener_->close();
}

Status Server::start() {
    auto socket = listen_at(path_, SOCK_SEQPACKET);
    if (!socket) return std::unexpected(socket.error());
    listener_ = std::make_shared<Listener>(io_, control_, *std::move(socket));
    listener_->accept();
    return {};
}

}  // namespace turnout::ipvs
