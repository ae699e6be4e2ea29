#include "cli/api_client.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>

#include "api/socket_path.hpp"
#include "api/values.hpp"
#include "base/netns.hpp"
#include "base/unix_socket.hpp"
#include "model/names.hpp"

namespace turnout::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Json = nlohmann::json;
using Protocol = asio::local::stream_protocol;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

// A list of all rules there can be fits many times.
constexpr uint64_t longest_answer = uint64_t{16} << 20;

bool is_of_a_name(char c) {
    return ('a' <= c && c <= 'z') || ('0' <= c && c <= '9') || c == '_' || c == '.';
}

Error no_connection(int code, const std::string& path) {
    if (code == ENOENT || code == ECONNREFUSED)
        return {code, "no director runs in this network namespace (" + path +
                          "): start turnoutd, then try again"};
    if (code == EACCES || code == EPERM)
        return {code, "only root may ask the director (" + path + "): use sudo"};
    return {code, path + ": " + std::strerror(code)};
}

Request request_for(const char* method, const std::string& target, const Json& body) {
    Request request(http::string_to_verb(method), target, 11);
    request.set(http::field::host, "turnout");
    request.set(http::field::connection, "close");
    if (!body.is_null()) {
        request.set(http::field::content_type, "application/json");
        request.body() = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    request.prepare_payload();
    return request;
}

std::string timeouts_of(const model::ServiceKey& service) {
    return "/v1/services/" + name_of(service) + "/timeouts";
}

std::string reset_idle_of(const model::ServiceKey& service) {
    return "/v1/services/" + name_of(service) + "/reset_idle";
}

// One question and its answer.  Beast keeps time limits in its asynchronous operations only, so
// these run here until they are done.
class Exchange {
  public:
    Exchange(const Request& request, std::chrono::milliseconds patience)
        : request_(request), patience_(patience), stream_(io_) {
        parser_.body_limit(longest_answer);
    }

    Result<Response> run(const std::string& path) {
        if (const auto address = unix_address(path); !address)
            return std::unexpected(address.error());
        error_code refused;
        stream_.socket().connect(Protocol::endpoint(path), refused);
        if (refused) return std::unexpected(no_connection(refused.value(), path));
        stream_.expires_after(patience_);
        write();
        io_.run();
        if (error_ == beast::error::timeout)
            return fail(ETIMEDOUT,
                        "the director does not answer; `turnout status` tells whether "
                        "it runs");
        if (error_) return fail(EPROTO, "no answer from the director: " + error_.message());
        return parser_.release();
    }

  private:
    void write() {
        http::async_write(stream_, request_, [this](error_code error, size_t) {
            // A director that refuses early hangs up on the rest of the question, but answers.
            if (error == beast::error::timeout)
                error_ = error;
            else
                read();
        });
    }
    void read() {
        http::async_read(stream_, buffer_, parser_,
                         [this](error_code error, size_t) { error_ = error; });
    }

    const Request& request_;
    std::chrono::milliseconds patience_;
    asio::io_context io_;
    beast::basic_stream<Protocol> stream_;
    beast::flat_buffer buffer_;
    http::response_parser<http::string_body> parser_;
    error_code error_;
};

}  // namespace

Result<ApiClient> ApiClient::here() {
    const auto cookie = netns_cookie();
    if (!cookie) return std::unexpected(cookie.error());
    return ApiClient(api::socket_path(*cookie));
}

Result<Json> ApiClient::ask(const char* method, const std::string& target, const Json& body) const {
    const Request request = request_for(method, target, body);
    const auto response = Exchange(request, patience_).run(path_);
    if (!response) return std::unexpected(response.error());
    if (response->body().empty() && response->result() == http::status::no_content) return nullptr;
    Json answer = Json::parse(response->body(), nullptr, /*allow_exceptions=*/false);
    if (response->result_int() >= 300) return std::unexpected(api::error_from(answer));
    if (answer.is_discarded()) return fail(EPROTO, "the director's answer makes no sense");
    return answer;
}

Result<std::vector<model::MarkRule>> ApiClient::mark_rules() const {
    const auto answer = ask("GET", "/v1/marks");
    if (!answer) return std::unexpected(answer.error());
    return api::mark_rules_from(*answer);
}

Result<std::vector<model::MarkRule>> ApiClient::add(
    const std::vector<model::MarkRule>& rules) const {
    Json list = Json::array();
    for (const auto& rule : rules) list.push_back(api::json_of(rule));
    const auto answer = ask("POST", "/v1/marks", list);
    if (!answer) return std::unexpected(answer.error());
    return api::mark_rules_from(*answer);
}

Status ApiClient::remove_mark_rule(uint32_t number) const {
    const auto answer = ask("DELETE", "/v1/marks/" + std::to_string(number));
    return answer ? Status{} : std::unexpected(answer.error());
}

Result<std::vector<model::Setting>> ApiClient::settings() const {
    const auto answer = ask("GET", "/v1/settings");
    if (!answer) return std::unexpected(answer.error());
    return api::settings_from(*answer);
}

Status ApiClient::set(const std::string& name, int64_t value) const {
    // What could not stand in an address is no name either.
    if (name.empty() || !std::ranges::all_of(name, is_of_a_name))
        return fail(ENOENT,
                    "no setting \"" + name + "\"; `turnout settings` shows those there are");
    const auto answer = ask("PUT", "/v1/settings/" + name, {{"value", value}});
    return answer ? Status{} : std::unexpected(answer.error());
}

Result<model::StateTimeouts> ApiClient::service_timeouts(const model::ServiceKey& service) const {
    const auto answer = ask("GET", timeouts_of(service));
    if (!answer) return std::unexpected(answer.error());
    return api::timeouts_from(*answer);
}

Status ApiClient::set_service_timeouts(const model::ServiceKey& service,
                                       const model::StateTimeouts& changes) const {
    const auto answer = ask("PATCH", timeouts_of(service), changes);
    return answer ? Status{} : std::unexpected(answer.error());
}

Result<bool> ApiClient::resets_idle(const model::ServiceKey& service) const {
    const auto answer = ask("GET", reset_idle_of(service));
    if (!answer) return std::unexpected(answer.error());
    return answer->value("value", false);
}

Status ApiClient::set_resets_idle(const model::ServiceKey& service, bool resets) const {
    const auto answer = ask("PUT", reset_idle_of(service), {{"value", resets}});
    return answer ? Status{} : std::unexpected(answer.error());
}

Result<std::vector<model::DrainReport>> ApiClient::drains() const {
    const auto answer = ask("GET", "/v1/drains");
    if (!answer) return std::unexpected(answer.error());
    return api::drains_from(*answer);
}

Result<std::vector<model::DrainReport>> ApiClient::start_drain(const api::DrainOrder& order) const {
    const auto answer = ask("POST", "/v1/drains", api::json_of(order));
    if (!answer) return std::unexpected(answer.error());
    return api::drains_from(*answer);
}

Result<uint32_t> ApiClient::cancel_drain(const model::ServerChoice& servers) const {
    api::QueryWords words;
    if (servers.service) words.emplace_back("service", name_of(*servers.service));
    words.emplace_back("server", servers.port ? to_string(servers.server, *servers.port)
                                              : servers.server.to_string());
    const auto answer = ask("DELETE", "/v1/drains?" + api::query_of(words));
    if (!answer) return std::unexpected(answer.error());
    return answer->value("cancelled", 0u);
}

// Part by part, as the director likes it.
Result<uint64_t> ApiClient::end_connections(const api::QueryWords& words) const {
    uint64_t ended = 0;
    for (Json next = 0; !next.is_null();) {
        const std::string part = "part=" + next.dump();
        const auto answer = ask("DELETE", "/v1/connections?" + api::query_of(words) + "&" + part);
        if (!answer) return std::unexpected(answer.error());
        if (!answer->is_object() || !answer->contains("next"))
            return fail(EPROTO, "the director's answer makes no sense");
        ended += answer->value("ended", uint64_t{0});
        next = (*answer)["next"];
    }
    return ended;
}

}  // namespace turnout::cli
