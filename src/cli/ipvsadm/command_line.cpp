#include "cli/ipvsadm/command_line.hpp"

#include <climits>
#include <cstdlib>
#include <memory>

#include "cli/ipvsadm/help.hpp"
#include "cli/ipvsadm/option_table.hpp"
#include "cli/ipvsadm/values.hpp"

namespace turnout::ipvsadm {
namespace {

using model::Family;

constexpr uint32_t default_persistence_s = 360;
constexpr uint32_t longest_timeout_s = 31 * 24 * 60 * 60;
constexpr const char* standard_interface = "eth0";
constexpr uint32_t largest_datagram = 65507;  // payload of a UDP datagram over IPv4

constexpr int mistake_exit = 2;
constexpr int popt_exit = 255;
constexpr const char* try_help = "Try `ipvsadm -h' or 'ipvsadm --help' for more information.";

// Reads one line from left to right; a mistake is thrown and becomes the Goodbye.
class Reader {
  public:
    Reader(const std::vector<std::string>& words, bool within_restore)
        : within_restore_(within_restore) {
        line_.server.method = model::Method::direct;
        for (const std::string& word : words) pointers_.push_back(word.c_str());
        context_.reset(poptGetContext("ipvsadm", static_cast<int>(pointers_.size()),
                                      pointers_.data(), option_table(), 0));
    }

    CommandLine read() {
        read_command();
        int token;
        while ((token = poptGetNextOpt(context_.get())) >= 0) read_option(token);
        if (token < -1) throw Goodbye{popt_exit, bad_option() + ": " + poptStrerror(token), false};
        if (line_.command == Command::set_timeouts) read_timeouts();
        if (const char* extra = poptGetArg(context_.get()))
            refuse(std::string("unexpected argument ") + extra);
        resolve_texts();
        if (const auto found = mistake(line_.command, line_.given)) refuse(*found);
        if (names_a_new_service()) check_service();
        if (names_a_new_server()) check_server();
        return std::move(line_);
    }

  private:
    [[noreturn]] static void refuse(std::string text) {
        throw Goodbye{mistake_exit, std::move(text)};
    }

    std::string bad_option() const { return poptBadOption(context_.get(), POPT_BADOPTION_NOALIAS); }

    std::string argument() const {
        const std::unique_ptr<char, decltype(&std::free)> owned(poptGetOptArg(context_.get()),
                                                                std::free);
        return owned ? owned.get() : "";
    }

    uint32_t number(uint32_t least, uint32_t most, const char* otherwise) const {
        const auto value = parse_number(argument(), least, most);
        if (!value) refuse(otherwise);
        return *value;
    }

    void read_command() {
        const int token = poptGetNextOpt(context_.get());
        if (token == 'h') throw Goodbye{0, help};
        if (token == 'v') throw Goodbye{0, version};
        const auto command = command_of(token);
        if (!command || (within_restore_ && command == Command::restore))
            throw Goodbye{popt_exit, try_help};
        line_.command = *command;
        if (command == Command::start_daemon)
            read_daemon("illegal start-daemon parameter specified");
        if (command == Command::stop_daemon) read_daemon("illegal start_daemon specified");
    }

    void read_daemon(const char* otherwise) {
        const std::string state = argument();
        if (state != "master" && state != "backup") refuse(otherwise);
        line_.daemon.role = state == "master" ? model::SyncRole::master : model::SyncRole::backup;
        line_.daemon.interface = standard_interface;
    }

    // Notes that the option is given; giving it twice is a mistake.
    void note(Option option) {
        if (line_.given.has(option))
            refuse(std::string("multiple '") + name(option) + "' options specified");
        line_.given.insert(option);
    }

    void read_option(int token) {
        if (read_list_option(token) || read_service_option(token) || read_server_option(token) ||
            read_daemon_option(token) || token == sort)
            return;
        refuse("invalid option `" + bad_option() + "'");
    }

    bool read_list_option(int token) {
        switch (token) {
            case 'n':
                return note(Option::numeric), true;
            case 'c':
                return note(Option::connection), true;
            case 'X':
                return note(Option::exact), true;
            case timeout:
                return note(Option::timeout), true;
            case daemon_list:
                return note(Option::daemon), true;
            case stats:
                return note(Option::stats), true;
            case rate:
                return note(Option::rate), true;
            case thresholds:
                return note(Option::thresholds), true;
            case persistent_conn:
                return note(Option::persistent_conn), true;
            case nosort:
                return note(Option::nosort), true;
            case tun_info:
                return note(Option::tun_info), true;
            default:
                return false;
        }
    }

    bool read_service_option(int token) {
        model::Service& service = line_.service;
        switch (token) {
            case 't':
                return read_service(model::Protocol::tcp), true;
            case 'u':
                return read_service(model::Protocol::udp), true;
            case sctp_service:
                return read_service(model::Protocol::sctp), true;
            case 'f':
                return read_mark(), true;
            case '6':
                if (service.key.mark == 0) refuse("-6 used before -f\n");
                set_family(Family::ipv6);
                return true;
            case 's':
                note(Option::scheduler);
                service.scheduler = argument();
                return true;
            case 'p':
                return read_persistence(), true;
            case 'M':
                note(Option::netmask);
                netmask_ = argument();
                if (line_.given.has(Option::service) || !parse_netmask(netmask_, Family::ipv6))
                    take_netmask();
                return true;
            case 'o':
                note(Option::ops);
                service.flags |= model::service_flag::one_packet;
                return true;
            case pe:
                note(Option::pe);
                service.persistence_engine = argument();
                return true;
            case 'b':
                note(Option::sched_flags);
                scheduler_flags_ = argument();
                return true;
            default:
                return false;
        }
    }

    void read_service(model::Protocol protocol) {
        note(Option::service);
        const auto endpoint = parse_endpoint(argument(), protocol);
        if (!endpoint) refuse("illegal virtual server address[:port] specified");
        model::ServiceKey& key = line_.service.key;
        key.protocol = protocol;
        key.address = endpoint->address;
        key.port = endpoint->port.value_or(0);
        set_family(key.address.family);
    }

    void read_mark() {
        note(Option::service);
        const std::string text = argument();
        const auto mark = parse_number(text, 1, UINT32_MAX);
        if (!mark) refuse("invalid fwmark value `" + text + "' specified");
        line_.service.key.mark = *mark;
    }

    void set_family(Family family) {
        line_.service.key.address.family = family;
        line_.service.netmask = whole_address(family);
    }

    uint32_t seconds(const std::string& text, uint32_t least) const {
        const auto value = parse_number(text, least, longest_timeout_s);
        if (!value) refuse("invalid timeout value `" + text + "' specified");
        return *value;
    }

    void read_persistence() {
        note(Option::persistent);
        line_.service.flags |= model::service_flag::persistent;
        const std::unique_ptr<char, decltype(&std::free)> given(poptGetOptArg(context_.get()),
                                                                std::free);
        line_.service.persistence_timeout_s =
            given ? seconds(given.get(), 1) : default_persistence_s;
    }

    bool read_server_option(int token) {
        model::Server& server = line_.server;
        switch (token) {
            case 'r':
                note(Option::real_server);
                real_server_ = argument();
                take_real_server();
                return true;
            case 'm':
                return read_method(model::Method::nat), true;
            case 'i':
                return read_method(model::Method::tunnel), true;
            case 'g':
                return read_method(model::Method::direct), true;
            case 'w':
                note(Option::weight);
                server.weight =
                    static_cast<int32_t>(number(0, INT_MAX, "illegal weight specified"));
                return true;
            case 'x':
                note(Option::upper_threshold);
                server.upper_threshold = number(0, INT_MAX, "illegal u_threshold specified");
                return true;
            case 'y':
                note(Option::lower_threshold);
                server.lower_threshold = number(0, INT_MAX, "illegal l_threshold specified");
                return true;
            case tun_type:
                return read_tunnel_type(), true;
            case tun_port:
                note(Option::tun_port);
                server.tunnel.port =
                    static_cast<uint16_t>(number(1, UINT16_MAX, "illegal tunnel port specified"));
                return true;
            case tun_nocsum:
                return read_tunnel_flags(Option::tun_nocsum, 0), true;
            case tun_csum:
                return read_tunnel_flags(Option::tun_csum, 1), true;
            case tun_remcsum:
                return read_tunnel_flags(Option::tun_remcsum, 2), true;
            default:
                return false;
        }
    }

    void read_method(model::Method method) {
        note(Option::method);
        line_.server.method = method;
    }

    void read_tunnel_type() {
        note(Option::tun_type);
        const std::string type = argument();
        if (type == "ipip")
            line_.server.tunnel.type = model::TunnelType::ipip;
        else if (type == "gue")
            line_.server.tunnel.type = model::TunnelType::gue;
        else if (type == "gre")
            line_.server.tunnel.type = model::TunnelType::gre;
        else
            refuse("illegal tunnel type specified");
    }

    void read_tunnel_flags(Option option, uint16_t flags) {
        note(option);
        line_.server.tunnel.flags = flags;
    }

    bool read_daemon_option(int token) {
        model::SyncDaemon& daemon = line_.daemon;
        switch (token) {
            case mcast_interface:
                note(Option::mcast_interface);
                daemon.interface = argument();
                return true;
            case syncid:
                note(Option::syncid);
                daemon.sync_id = number(0, UINT8_MAX, "illegal syncid specified");
                return true;
            case mcast_group:
                return read_group(), true;
            case mcast_port:
                note(Option::mcast_port);
                daemon.port =
                    static_cast<uint16_t>(number(1, UINT16_MAX, "illegal mcast-port specified"));
                return true;
            case mcast_ttl:
                note(Option::mcast_ttl);
                daemon.ttl =
                    static_cast<uint8_t>(number(1, UINT8_MAX, "illegal mcast-ttl specified"));
                return true;
            case sync_maxlen:
                note(Option::sync_maxlen);
                daemon.longest_message = static_cast<uint16_t>(
                    number(1, largest_datagram, "illegal sync-maxlen specified"));
                return true;
            default:
                return false;
        }
    }

    void read_group() {
        note(Option::mcast_group);
        const std::string text = argument();
        const bool ipv6 = text.find(':') != std::string::npos;
        const auto group = model::Address::parse(text);
        const bool multicast =
            group && (ipv6 ? group->bytes[0] == 0xff : (group->bytes[0] & 0xf0) == 0xe0);
        if (!multicast)
            refuse(std::string("invalid ") + (ipv6 ? "IPv6" : "IPv4") + " mcast-group `" + text +
                   "'");
        line_.daemon.group = group;
    }

    // Of the family that is known so far.
    void take_netmask() {
        const Family family = line_.service.key.address.family;
        const auto netmask = parse_netmask(netmask_, family);
        if (!netmask)
            refuse(family == Family::ipv6 ? "illegal ipv6 netmask specified"
                                          : "illegal virtual server persistent mask specified");
        line_.service.netmask = *netmask;
    }

    void take_real_server() {
        const model::ServiceKey& service = line_.service.key;
        // Ports of services by mark have the names of TCP's.
        const auto endpoint =
            parse_endpoint(real_server_, service.mark ? model::Protocol::tcp : service.protocol);
        if (!endpoint) refuse("illegal real server address[:port] specified");
        line_.server.key = {endpoint->address, endpoint->port.value_or(service.port)};
        if (line_.given.has(Option::service)) real_server_.clear();
    }

    // What depends on options that may stand later: the family, protocol and port of the service,
    // its scheduler.
    void resolve_texts() {
        if (line_.given.has(Option::netmask)) take_netmask();
        if (!real_server_.empty()) take_real_server();
        model::Service& service = line_.service;
        if (const auto found =
                parse_scheduler_flags(scheduler_flags_, service.scheduler, service.flags))
            refuse(*found);
    }

    bool names_a_new_service() const {
        return line_.command == Command::add_service || line_.command == Command::edit_service;
    }

    bool names_a_new_server() const {
        return line_.command == Command::add_server || line_.command == Command::edit_server;
    }

    void check_service() const {
        const model::Service& service = line_.service;
        const bool marked = service.key.mark != 0;
        if (!marked && service.key.port == 0 && !service.persistent())
            refuse("Zero port specified for non-persistent service");
        if (!marked && line_.given.has(Option::ops) && service.key.protocol != model::Protocol::udp)
            refuse("One-Packet Scheduling is only for UDP virtual services");
    }

    void check_server() {
        model::Server& server = line_.server;
        const model::ServiceKey& service = line_.service.key;
        const bool tunnelled = server.method == model::Method::tunnel;
        if (!tunnelled && server.key.address.family != service.address.family)
            refuse("Different address family is allowed only for tunneling servers");
        if (!tunnelled && line_.given.has_any_of(tunnel_options))
            refuse("Tunnel options conflict with forward method");
        if (const auto found = mistake(server.tunnel.type, line_.given); found && tunnelled)
            refuse(*found);
        // Only NAT can translate ports.
        if (server.method != model::Method::nat && service.mark == 0)
            server.key.port = service.port;
    }

    void read_timeouts() {
        std::vector<std::string> values;
        while (values.size() < 3) {
            const char* value = poptGetArg(context_.get());
            if (!value) refuse("--set option requires 3 timeout values");
            values.emplace_back(value);
        }
        line_.timeouts = {seconds(values[0], 0), seconds(values[1], 0), seconds(values[2], 0)};
    }

    bool within_restore_;
    std::vector<const char*> pointers_;
    std::unique_ptr<poptContext_s, decltype(&poptFreeContext)> context_{nullptr, poptFreeContext};
    CommandLine line_;
    std::string netmask_, real_server_, scheduler_flags_;
};

}  // namespace

std::expected<CommandLine, Goodbye> read_command_line(const std::vector<std::string>& words,
                                                      bool within_restore) {
    try {
        return Reader(words, within_restore).read();
    } catch (Goodbye& goodbye) {
        return std::unexpected(std::move(goodbye));
    }
}

}  // namespace turnout::ipvsadm
