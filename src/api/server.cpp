#include "api/server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <functional>
#include <list>
#include <optional>
#include <utility>

#include "api/routes.hpp"
#include "base/fd.hpp"
#include "base/unix_socket.hpp"

namespace turnout::api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Protocol = asio::local::stream_protocol;
using Response = http::response<http::string_body>;

std::string_view as_std(beast::string_view text) {
    return {text.data(), text.size()};
}

// Texts may quote what a client sent, which need not be UTF-8.
std::string text_of(const nlohmann::json& json) {
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

Response response_for(const Answer& answer, unsigned version, bool keep_alive) {
    Response response(static_cast<http::status>(answer.status), version);
    response.set(http::field::server, "turnoutd/" TURNOUT_VERSION);
    if (!answer.allow.empty()) response.set(http::field::allow, answer.allow);
    if (!answer.body.is_null()) {
        response.set(http::field::content_type, "application/json");
        response.body() = text_of(answer.body);
    }
    response.keep_alive(keep_alive);
    if (answer.status != 204) response.prepare_payload();
    return response;
}

// Why a request could not be read, where its sender can be told.
std::optional<Answer> refusal_of(error_code error) {
    if (error == http::error::body_limit)
        return refusal(
            {EMSGSIZE, "a body has at most " + std::to_string(Server::longest_body) + " bytes"});
    if (error == http::error::end_of_stream || error == http::error::partial_message)
        return std::nullopt;
    if (error.category() != http::make_error_code(http::error::bad_method).category())
        return std::nullopt;
    return refusal({EINVAL, "this is not HTTP: " + error.message()});
}

// One client: reads a request, writes its answer, and again.
class Session : public std::enable_shared_from_this<Session> {
  public:
    using Closed = std::function<void(const std::shared_ptr<Session>&)>;

    Session(Protocol::socket socket, model::OwnControl& control, std::chrono::milliseconds patience,
            Closed closed)
        : stream_(std::move(socket)),
          control_(control),
          patience_(patience),
          closed_(std::move(closed)) {}

    void read() {
        parser_.emplace();
        parser_->body_limit(Server::longest_body);
        stream_.expires_after(patience_);
        http::async_read(stream_, buffer_, *parser_,
                         [self = shared_from_this()](error_code error, size_t) {
                             error ? self->give_up(error) : self->answer();
                         });
    }

    // The last answer that this client gets.
    void refuse(const Answer& reason) { write(response_for(reason, 11, false)); }

    void close() {
        if (!closed_) return;
        stream_.close();
        std::exchange(closed_, nullptr)(shared_from_this());
    }

  private:
    void answer() {
        const auto& request = parser_->get();
        const Answer answer = respond(control_, as_std(request.method_string()),
                                      as_std(request.target()), request.body());
        write(response_for(answer, request.version(), request.keep_alive()));
    }

    void give_up(error_code error) {
        const auto reason = refusal_of(error);
        reason ? refuse(*reason) : close();
    }

    void write(Response response) {
        response_ = std::move(response);
        stream_.expires_after(patience_);
        http::async_write(stream_, response_,
                          [self = shared_from_this()](error_code error, size_t) {
                              if (error) return self->close();
                              self->response_.keep_alive() ? self->read() : self->hang_up();
                          });
    }

    // Takes what the client may still be sending, so that it comes to reading our answer.
    void hang_up() {
        error_code ignored;
        stream_.socket().shutdown(Protocol::socket::shutdown_send, ignored);
        stream_.expires_after(std::min<std::chrono::milliseconds>(patience_, farewell));
        discard();
    }

    void discard() {
        stream_.async_read_some(asio::buffer(discarded_),
                                [self = shared_from_this()](error_code error, size_t) {
                                    error ? self->close() : self->discard();
                                });
    }

    static constexpr std::chrono::seconds farewell{1};

    beast::basic_stream<Protocol> stream_;
    model::OwnControl& control_;
    std::chrono::milliseconds patience_;
    Closed closed_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    Response response_;
    std::array<char, 4096> discarded_{};
};

}  // namespace

// Accepts clients and keeps the list of them, the one that came first in front.
class Server::Listener : public std::enable_shared_from_this<Listener> {
  public:
    Listener(Server& server, Fd socket)
        : acceptor_(server.io_, Protocol(), socket.release()),
          control_(server.control_),
          patience_(server.patience_) {}

    void accept() {
        acceptor_.async_accept(
            [self = shared_from_this()](error_code error, Protocol::socket socket) {
                if (!self->acceptor_.is_open()) return;
                if (!error) self->welcome(std::move(socket));
                // Out of descriptors: a client's place is what we can free.
                if (error && !self->sessions_.empty()) self->close_first();
                self->accept();
            });
    }

    void close() {
        error_code ignored;
        acceptor_.close(ignored);
        while (!sessions_.empty()) close_first();
    }

  private:
    void welcome(Protocol::socket socket) {
        const bool allowed = peer_may_ask(socket.native_handle());
        if (sessions_.size() >= max_clients) close_first();
        auto forget = [weak = weak_from_this()](const std::shared_ptr<Session>& session) {
            if (const auto self = weak.lock()) self->sessions_.remove(session);
        };
        sessions_.push_back(
            std::make_shared<Session>(std::move(socket), control_, patience_, forget));
        if (allowed) return sessions_.back()->read();
        sessions_.back()->refuse(refusal({EPERM, "only root may ask the director"}));
    }

    void close_first() { std::shared_ptr<Session>(sessions_.front())->close(); }

    Protocol::acceptor acceptor_;
    model::OwnControl& control_;
    std::chrono::milliseconds patience_;
    std::list<std::shared_ptr<Session>> sessions_;
};

Server::Server(asio::io_context& io, model::OwnControl& control, std::string path,
               std::chrono::milliseconds patience)
    : io_(io), control_(control), path_(std::move(path)), patience_(patience) {}

Server::~Server() {
    if (!listener_) return;
    unlink(path_.c_str());
    listener_->close();
}

Status Server::start() {
    auto socket = listen_at(path_, SOCK_STREAM);
    if (!socket) return std::unexpected(socket.error());
    listener_ = std::make_shared<Listener>(*this, *std::move(socket));
    listener_->accept();
    return {};
}

}  // namespace turnout::api
