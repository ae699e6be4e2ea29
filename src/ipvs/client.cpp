#include "ipvs/client.hpp"

#include <sys/time.h>

#include <cstring>
#include <utility>

#include "base/unix_socket.hpp"
#include "ipvs/change_codec.hpp"

namespace turnout::ipvs {
namespace {

constexpr uint16_t ask_one = NLM_F_REQUEST | NLM_F_ACK;
constexpr uint16_t ask_list = NLM_F_REQUEST | NLM_F_DUMP;

// A director answers in milliseconds; a minute means that it hangs.
constexpr timeval patience{60, 0};

Error no_director(int code, const std::string& path) {
    return {code, "no director runs in this network namespace (" + path +
                      "): start turnoutd, then try again"};
}

// Of a message of the family.
Result<Attributes> attributes_of(View payload) {
    if (payload.size() >= sizeof(genlmsghdr))
        if (auto attributes = Attributes::parse(payload.subspan(sizeof(genlmsghdr))))
            return *std::move(attributes);
    return fail(EPROTO, "the director's answer makes no sense");
}

}  // namespace

Error read_refusal(View payload) {
    nlmsgerr refused;
    if (payload.size() < sizeof refused) return {EPROTO, "the director's answer makes no sense"};
    std::memcpy(&refused, payload.data(), sizeof refused);
    const int code = -refused.error;
    const size_t echoed = aligned(sizeof refused.error + refused.msg.nlmsg_len);
    if (payload.size() > echoed)
        if (const auto attributes = Attributes::parse(payload.subspan(echoed)))
            if (const auto words = attributes->text(NLMSGERR_ATTR_MSG, max_datagram))
                return {code, *words};
    return {code, std::strerror(code)};
}

Result<Client> Client::connect(const std::string& path) {
    const auto address = unix_address(path);
    if (!address) return std::unexpected(address.error());
    Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!socket) return fail_errno(errno, "cannot open a socket");
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address)) {
        if (errno == ENOENT || errno == ECONNREFUSED)
            return std::unexpected(no_director(errno, path));
        return fail_errno(errno, path);
    }
    return Client(std::move(socket));
}

Writer Client::request(uint8_t command, uint16_t flags) {
    Writer to(family_id, flags | flag_explain, ++sequence_, 0);
    to.command(command, IPVS_GENL_VERSION);
    return to;
}

// A refused client finds the socket closed but the reason still in it: to be read in any case.
void Client::send(View datagram) {
    const bool sent = ::send(socket_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL) >= 0;
    send_error_ = sent ? 0 : errno;
    was_reset_ = false;
}

Result<View> Client::receive() {
    while (true) {
        const ssize_t got = recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
        if (got > 0) return View(buffer_.data(), static_cast<size_t>(got));
        if (got == 0)
            return fail(send_error_ ? send_error_ : ECONNRESET,
                        "the director closed the connection");
        if (errno == EINTR) continue;
        // A question that was never read resets the connection; the kernel tells that once, before
        // it gives what had been answered.
        if (errno == ECONNRESET && !std::exchange(was_reset_, true)) continue;
        return fail_errno(errno, "no answer from the director");
    }
}

template <class Take>
Status Client::ask(Writer request, Take take) {
    send(request.finish());
    return await(sequence_, 1, [&](size_t, View payload) { return take(payload); });
}

template <class Take>
Status Client::await(uint32_t first, size_t count, Take take) {
    size_t answered = 0;
    while (answered < count) {
        const auto got = receive();
        if (!got) return std::unexpected(got.error());
        View rest = *got;
        while (const auto message = next_message(rest)) {
            const size_t which = message->header.nlmsg_seq - first;
            if (message->header.nlmsg_type == NLMSG_ERROR) {
                Error refused = read_refusal(message->payload);
                if (refused.code != 0) return std::unexpected(std::move(refused));
                answered = which + 1;
            } else if (message->header.nlmsg_type == NLMSG_DONE) {
                answered = which + 1;
            } else if (Status taken = take(which, message->payload); !taken) {
                return taken;
            }
        }
    }
    return {};
}

template <class Take>
Status Client::ask_attributes(Writer request, Take take) {
    return ask(std::move(request), [&](View payload) -> Status {
        const auto attributes = attributes_of(payload);
        return attributes ? take(*attributes) : std::unexpected(attributes.error());
    });
}

Status Client::apply(const model::Change& change) {
    Writer to(family_id, ask_one | flag_explain, ++sequence_, 0);
    put_change(to, change);
    return ask(std::move(to), [](View) { return Status{}; });
}

Result<Info> Client::info() {
    Result<Info> info = fail(EPROTO, "the director tells no version");
    const Status asked =
        ask_attributes(request(IPVS_CMD_GET_INFO, ask_one), [&](const Attributes& attributes) {
            info = get_info(attributes);
            return Status{};
        });
    return asked ? info : std::unexpected(asked.error());
}

Result<model::Timeouts> Client::timeouts() {
    model::Timeouts timeouts;
    const Status asked =
        ask_attributes(request(IPVS_CMD_GET_CONFIG, ask_one), [&](const Attributes& attributes) {
            timeouts = get_timeouts(attributes);
            return Status{};
        });
    if (!asked) return std::unexpected(asked.error());
    return timeouts;
}

namespace {

// Reads a SERVICE attribute into `reports`.
Status take_service(const Attributes& attributes, std::vector<model::ServiceReport>& reports) {
    const auto nest = attributes.nest(IPVS_CMD_ATTR_SERVICE);
    auto report = get_service_report(nest.value_or(Attributes{}));
    if (!report) return std::unexpected(report.error());
    reports.push_back(*std::move(report));
    return {};
}

}  // namespace

Result<std::vector<model::ServiceReport>> Client::services() {
    std::vector<model::ServiceReport> reports;
    const Status asked = ask_attributes(
        request(IPVS_CMD_GET_SERVICE, ask_list),
        [&](const Attributes& attributes) { return take_service(attributes, reports); });
    if (!asked) return std::unexpected(asked.error());
    return reports;
}

Result<model::ServiceReport> Client::service(const model::ServiceKey& key) {
    std::vector<model::ServiceReport> reports;
    Writer to = request(IPVS_CMD_GET_SERVICE, ask_one);
    to.nest(IPVS_CMD_ATTR_SERVICE, [&] { put_service_key(to, key); });
    const Status asked = ask_attributes(std::move(to), [&](const Attributes& attributes) {
        return take_service(attributes, reports);
    });
    if (!asked) return std::unexpected(asked.error());
    if (reports.empty()) return fail(EPROTO, "the director's answer makes no sense");
    return reports.front();
}

namespace {

// Reads a DEST attribute into `reports`.
Status take_server(View payload, model::Family family, std::vector<model::ServerReport>& reports) {
    const auto attributes = attributes_of(payload);
    if (!attributes) return std::unexpected(attributes.error());
    const auto nest = attributes->nest(IPVS_CMD_ATTR_DEST);
    auto report = get_server_report(nest.value_or(Attributes{}), family);
    if (!report) return std::unexpected(report.error());
    reports.push_back(*std::move(report));
    return {};
}

}  // namespace

Status Client::servers(std::span<const model::ServiceReport> services, const TakeServers& take) {
    while (!services.empty()) {
        Bytes datagram;
        const uint32_t first = sequence_ + 1;
        size_t asked = 0;
        for (; asked < services.size(); ++asked) {
            Writer to = request(IPVS_CMD_GET_DEST, ask_list);
            to.nest(IPVS_CMD_ATTR_SERVICE,
                    [&] { put_service_key(to, services[asked].service.key); });
            if (!append(datagram, to.finish())) break;
        }
        // What did not fit is asked anew.
        sequence_ = first + static_cast<uint32_t>(asked) - 1;
        send(datagram);
        std::vector<std::vector<model::ServerReport>> reports(asked);
        const Status read = await(first, asked, [&](size_t which, View payload) {
            return take_server(payload, services[which].service.key.address.family, reports[which]);
        });
        if (!read) return read;
        for (size_t i = 0; i < asked; ++i) take(services[i], std::move(reports[i]));
        services = services.subspan(asked);
    }
    return {};
}

Status Client::text(const std::string& name, const std::function<void(std::string_view)>& take) {
    Writer to(text_message, ask_list | flag_explain, ++sequence_, 0);
    to.raw({reinterpret_cast<const uint8_t*>(name.c_str()), name.size() + 1});
    return ask(std::move(to), [&](View payload) {
        take({reinterpret_cast<const char*>(payload.data()), payload.size()});
        return Status{};
    });
}

Result<std::vector<model::SyncDaemon>> Client::daemons() {
    std::vector<model::SyncDaemon> daemons;
    const Status asked = ask_attributes(
        request(IPVS_CMD_GET_DAEMON, ask_list), [&](const Attributes& attributes) -> Status {
            auto daemon = get_daemon(attributes.nest(IPVS_CMD_ATTR_DAEMON).value_or(Attributes{}));
            if (!daemon) return std::unexpected(daemon.error());
            daemons.push_back(*std::move(daemon));
            return {};
        });
    if (!asked) return std::unexpected(asked.error());
    return daemons;
}

}  // namespace turnout::ipvs
