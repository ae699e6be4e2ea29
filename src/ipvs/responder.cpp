#include "ipvs/responder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ipvs/change_codec.hpp"
#include "ipvs/codec.hpp"
#include "ipvs/proc_text.hpp"
#include "ipvs/sockopt.hpp"

namespace turnout::ipvs {
namespace {

constexpr std::string_view family_name = IPVS_GENL_NAME;

Error not_supported(const std::string& what) {
    return {EOPNOTSUPP, what};
}

// How much of the connection table is looked at in a row while there is nothing to tell.
constexpr uint32_t most_parts = 64;

Bytes end_of_list(uint32_t sequence, uint32_t port) {
    Writer to(NLMSG_DONE, NLM_F_MULTI, sequence, port);
    const int error = 0;
    to.raw({reinterpret_cast<const uint8_t*>(&error), sizeof error});
    return to.finish();
}

// Text of whole lines as messages that fit: at least one, maybe an empty one.
std::vector<Bytes> in_datagrams(std::string_view lines, uint32_t sequence, uint32_t port) {
    constexpr size_t room = max_datagram - sizeof(nlmsghdr);
    std::vector<Bytes> datagrams;
    do {
        const size_t end = lines.size() <= room ? lines.size() : lines.rfind('\n', room - 1) + 1;
        Writer to(text_message, NLM_F_MULTI, sequence, port);
        to.raw({reinterpret_cast<const uint8_t*>(lines.data()), end});
        datagrams.push_back(to.finish());
        lines.remove_prefix(end);
    } while (!lines.empty());
    return datagrams;
}

// Bytes as messages that fit.
std::vector<Bytes> in_datagrams(View bytes, uint16_t type, const nlmsghdr& request) {
    constexpr size_t room = max_datagram - sizeof(nlmsghdr);
    std::vector<Bytes> datagrams;
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), room))) {
        Writer to(type, NLM_F_MULTI, request.nlmsg_seq, request.nlmsg_pid);
        to.raw(bytes.first(std::min(bytes.size(), room)));
        datagrams.push_back(to.finish());
    }
    return datagrams;
}

bool are_requests(View datagram) {
    while (const auto message = next_message(datagram))
        if (!(message->header.nlmsg_flags & NLM_F_REQUEST)) return false;
    return datagram.empty();
}

// One conversation: a request and the datagrams that answer it.
class Answer {
  public:
    Answer(const Message& request, model::Control& control)
        : request_(request), control_(control) {}

    std::vector<Bytes> take() && { return std::move(datagrams_); }

    void respond() {
        switch (request_.header.nlmsg_type) {
            case GENL_ID_CTRL:
                return with_command(&Answer::control_command);
            case family_id:
                return with_command(&Answer::ipvs_command);
            case sockopt_message:
                return finish(sockopt());
            default:
                return finish(fail(ENOENT, "no such message type"));
        }
    }

    // The last datagram: the error, or the acknowledgement if it is wanted and no list said so.
    void finish(const Status& status) {
        if (!status) {
            datagrams_ = {refused(status.error())};
        } else if (asks(NLM_F_ACK) && !listed_) {
            Writer to = writer(NLMSG_ERROR);
            const nlmsgerr acknowledged{0, request_.header};
            to.raw({reinterpret_cast<const uint8_t*>(&acknowledged), sizeof acknowledged});
            datagrams_.push_back(to.finish());
        }
    }

  private:
    bool asks(uint16_t flag) const { return request_.header.nlmsg_flags & flag; }
    // NLM_F_DUMP is two bits, and only together they ask for a list.
    bool asks_for_list() const { return (request_.header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP; }

    Writer writer(uint16_t type, uint16_t flags = 0) const {
        return {type, flags, request_.header.nlmsg_seq, request_.header.nlmsg_pid};
    }

    // A message of the family itself; `body` writes its attributes.
    template <class Body>
    void reply(uint8_t command, Body body) {
        Writer to = writer(family_id);
        to.command(command, IPVS_GENL_VERSION);
        body(to);
        datagrams_.push_back(to.finish());
    }

    // One message of many: packed with the others while they fit.
    void pack(const Bytes& message) {
        if (datagrams_.empty() || !append(datagrams_.back(), message))
            datagrams_.push_back(message);
    }

    template <class Body>
    void list_entry(uint8_t command, uint16_t attribute, Body body) {
        Writer to = writer(family_id, NLM_F_MULTI);
        to.command(command, IPVS_GENL_VERSION);
        to.nest(attribute, [&] { body(to); });
        pack(to.finish());
    }

    void done() {
        pack(end_of_list(request_.header.nlmsg_seq, request_.header.nlmsg_pid));
        listed_ = true;
    }

    Bytes refused(const Error& error) const {
        if (!asks(flag_explain)) return refusal(error.code, &request_);
        Writer to = writer(NLMSG_ERROR, NLM_F_ACK_TLVS);
        const int code = -error.code;
        to.raw({reinterpret_cast<const uint8_t*>(&code), sizeof code});
        to.raw(request_.whole);
        to.text(NLMSGERR_ATTR_MSG, error.message);
        return to.finish();
    }

    // Reads the generic netlink header and the attributes, then lets `handle` do the command.
    void with_command(Status (Answer::*handle)(uint8_t, const Attributes&)) {
        genlmsghdr header;
        if (request_.payload.size() < sizeof header)
            return finish(fail(EINVAL, "malformed message: no command"));
        std::memcpy(&header, request_.payload.data(), sizeof header);
        const auto attributes = Attributes::parse(request_.payload.subspan(sizeof header));
        if (!attributes) return finish(fail(EINVAL, "malformed message: attributes"));
        finish((this->*handle)(header.cmd, *attributes));
    }

    // The family of families: only the question for our own number is answered.
    Status control_command(uint8_t command, const Attributes& attributes) {
        if (command != CTRL_CMD_GETFAMILY) return fail(EOPNOTSUPP, "no such command");
        const bool by_id = attributes.u16(CTRL_ATTR_FAMILY_ID) == family_id;
        const bool by_name = attributes.text(CTRL_ATTR_FAMILY_NAME, GENL_NAMSIZ - 1) == family_name;
        if (!by_id && !by_name) return fail(ENOENT, "no such family");
        Writer to = writer(GENL_ID_CTRL);
        to.command(CTRL_CMD_NEWFAMILY, 2);
        to.text(CTRL_ATTR_FAMILY_NAME, family_name);
        to.u16(CTRL_ATTR_FAMILY_ID, family_id);
        to.u32(CTRL_ATTR_VERSION, IPVS_GENL_VERSION);
        to.u32(CTRL_ATTR_HDRSIZE, 0);
        to.u32(CTRL_ATTR_MAXATTR, IPVS_CMD_ATTR_MAX);
        datagrams_.push_back(to.finish());
        return {};
    }

    // getsockopt or setsockopt, see SockoptCall.
    Status sockopt() {
        SockoptCall call;
        if (request_.payload.size() < sizeof call)
            return fail(EINVAL, "malformed message: no call");
        std::memcpy(&call, request_.payload.data(), sizeof call);
        const View argument = request_.payload.subspan(sizeof call);
        if (!call.is_get) return set_by_sockopt(control_, call.option, argument);
        const auto answer = get_by_sockopt(control_, call.option, call.length, argument);
        if (!answer) return std::unexpected(answer.error());
        datagrams_ = in_datagrams(*answer, sockopt_message, request_.header);
        done();
        return {};
    }

    Status ipvs_command(uint8_t command, const Attributes& attributes) {
        const bool lists = command == IPVS_CMD_GET_SERVICE || command == IPVS_CMD_GET_DEST ||
                           command == IPVS_CMD_GET_DAEMON;
        if (asks_for_list() && !lists) return std::unexpected(not_supported("no such list"));
        switch (command) {
            case IPVS_CMD_GET_SERVICE:
                return asks_for_list() ? list_services() : one_service(attributes);
            case IPVS_CMD_GET_DEST:
                return list_servers(attributes);
            case IPVS_CMD_GET_DAEMON:
                return list_daemons();
            case IPVS_CMD_GET_CONFIG:
                reply(IPVS_CMD_SET_CONFIG,
                      [&](Writer& to) { put_timeouts(to, control_.timeouts()); });
                return {};
            case IPVS_CMD_GET_INFO:
                reply(IPVS_CMD_SET_INFO, [&](Writer& to) {
                    put_info(to, {ipvs_version, control_.connection_table_size()});
                });
                return {};
            default:
                return change(command, attributes);
        }
    }

    Status change(uint8_t command, const Attributes& attributes) {
        const auto change =
            get_change(command, attributes, [&](const auto& key) { return control_.exists(key); });
        return change ? control_.apply(*change) : std::unexpected(change.error());
    }

    Result<model::ServiceKey> asked_service(const Attributes& attributes) const {
        const auto nest = attributes.nest(IPVS_CMD_ATTR_SERVICE);
        if (!nest) return fail(EINVAL, "malformed message: no service");
        return get_service_key(*nest);
    }

    Status one_service(const Attributes& attributes) {
        const auto key = asked_service(attributes);
        if (!key) return std::unexpected(key.error());
        const auto report = control_.service(*key);
        if (!report) return std::unexpected(report.error());
        reply(IPVS_CMD_NEW_SERVICE, [&](Writer& to) {
            to.nest(IPVS_CMD_ATTR_SERVICE, [&] { put_report(to, *report); });
        });
        return {};
    }

    Status list_services() {
        for (const auto& report : control_.services())
            list_entry(IPVS_CMD_NEW_SERVICE, IPVS_CMD_ATTR_SERVICE,
                       [&](Writer& to) { put_report(to, report); });
        done();
        return {};
    }

    Status list_daemons() {
        if (!asks_for_list()) return std::unexpected(not_supported("GET_DAEMON lists"));
        for (const auto& daemon : control_.daemons())
            list_entry(IPVS_CMD_NEW_DAEMON, IPVS_CMD_ATTR_DAEMON,
                       [&](Writer& to) { put_daemon(to, daemon); });
        done();
        return {};
    }

    // An unknown or malformed service has no servers: the kernel answers an empty list too.
    Status list_servers(const Attributes& attributes) {
        if (!asks_for_list()) return std::unexpected(not_supported("GET_DEST lists"));
        if (const auto key = asked_service(attributes))
            if (const auto servers = control_.servers(*key))
                for (const auto& report : *servers)
                    list_entry(IPVS_CMD_NEW_DEST, IPVS_CMD_ATTR_DEST,
                               [&](Writer& to) { put_report(to, report); });
        done();
        return {};
    }

    const Message& request_;
    model::Control& control_;
    std::vector<Bytes> datagrams_;
    bool listed_ = false;
};

}  // namespace

std::vector<Bytes> Responder::respond(View requests) {
    text_.reset();
    requests_ = are_requests(requests) ? requests : View{};
    return more();
}

std::vector<Bytes> Responder::more() {
    if (text_) return more_text();
    while (const auto request = next_message(requests_))
        if (auto datagrams = answer(*request); !datagrams.empty()) return datagrams;
    return {};
}

std::vector<Bytes> Responder::answer(const Message& request) {
    if (request.header.nlmsg_type == text_message) return begin_text(request);
    Answer answer(request, control_);
    answer.respond();
    return std::move(answer).take();
}

std::vector<Bytes> Responder::begin_text(const Message& request) {
    const auto end = std::find(request.payload.begin(), request.payload.end(), 0);
    const bool has_name = end != request.payload.end();
    std::string name(request.payload.begin(), end);
    if (!has_name || !is_proc_text(name)) {
        Answer answer(request, control_);
        answer.finish(has_name ? fail(ENOENT, "no such file")
                               : fail(EINVAL, "malformed message: no name"));
        return std::move(answer).take();
    }
    text_ = Text{std::move(name), request.header.nlmsg_seq, request.header.nlmsg_pid, 0};
    return more_text();
}

std::vector<Bytes> Responder::more_text() {
    std::string lines;
    bool goes_on = true;
    for (uint32_t part = 0; part < most_parts && goes_on && lines.empty(); ++part)
        goes_on = append_proc_text(control_, text_->name, text_->next_part++, lines);
    std::vector<Bytes> datagrams;
    if (goes_on || !lines.empty()) datagrams = in_datagrams(lines, text_->sequence, text_->port);
    if (!goes_on) {
        datagrams.push_back(end_of_list(text_->sequence, text_->port));
        text_.reset();
    }
    return datagrams;
}

Bytes refusal(int code, const Message* request) {
    const nlmsghdr header = request ? request->header : nlmsghdr{sizeof header, 0, 0, 0, 0};
    Writer to(NLMSG_ERROR, 0, header.nlmsg_seq, header.nlmsg_pid);
    const int negative = -code;
    to.raw({reinterpret_cast<const uint8_t*>(&negative), sizeof negative});
    to.raw(request ? request->whole
                   : View{reinterpret_cast<const uint8_t*>(&header), sizeof header});
    return to.finish();
}

}  // namespace turnout::ipvs
