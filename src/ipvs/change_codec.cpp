#include "ipvs/change_codec.hpp"

#include <algorithm>
#include <cerrno>

#include "ipvs/codec.hpp"

namespace turnout::ipvs {
namespace {

using model::Change;

class ChangeWriter {
  public:
    explicit ChangeWriter(Writer& to) : to_(to) {}

    void operator()(const model::AddService& add) {
        service(IPVS_CMD_NEW_SERVICE, add.service, ~0u);
    }
    void operator()(const model::EditService& edit) {
        service(IPVS_CMD_SET_SERVICE, edit.service, edit.flags_mask);
    }
    void operator()(const model::RemoveService& remove) { key(IPVS_CMD_DEL_SERVICE, remove.key); }
    void operator()(const model::AddServer& add) {
        key(IPVS_CMD_NEW_DEST, add.service);
        to_.nest(IPVS_CMD_ATTR_DEST, [&] { put_server(to_, add.server); });
    }
    void operator()(const model::EditServer& edit) {
        key(IPVS_CMD_SET_DEST, edit.service);
        to_.nest(IPVS_CMD_ATTR_DEST, [&] { put_server(to_, edit.server); });
    }
    void operator()(const model::RemoveServer& remove) {
        key(IPVS_CMD_DEL_DEST, remove.service);
        to_.nest(IPVS_CMD_ATTR_DEST, [&] { put_server_key(to_, remove.server); });
    }
    void operator()(const model::RemoveAll&) { command(IPVS_CMD_FLUSH); }
    void operator()(const model::ZeroCounters& zero) {
        if (zero.service)
            key(IPVS_CMD_ZERO, *zero.service);
        else
            command(IPVS_CMD_ZERO);
    }
    void operator()(const model::SetTimeouts& set) {
        command(IPVS_CMD_SET_CONFIG);
        put_timeouts(to_, set.timeouts);
    }

    void operator()(const model::StartDaemon& start) {
        command(IPVS_CMD_NEW_DAEMON);
        to_.nest(IPVS_CMD_ATTR_DAEMON, [&] { put_daemon(to_, start.daemon); });
    }
    void operator()(const model::StopDaemon& stop) {
        command(IPVS_CMD_DEL_DAEMON);
        to_.nest(IPVS_CMD_ATTR_DAEMON,
                 [&] { to_.u32(IPVS_DAEMON_ATTR_STATE, static_cast<uint32_t>(stop.role)); });
    }

  private:
    void command(uint8_t number) { to_.command(number, IPVS_GENL_VERSION); }
    void key(uint8_t number, const model::ServiceKey& service_key) {
        command(number);
        to_.nest(IPVS_CMD_ATTR_SERVICE, [&] { put_service_key(to_, service_key); });
    }
    void service(uint8_t number, const model::Service& value, uint32_t flags_mask) {
        command(number);
        to_.nest(IPVS_CMD_ATTR_SERVICE, [&] { put_service(to_, value, flags_mask); });
    }

    Writer& to_;
};

Result<Change> get_timeout_change(const Attributes& attributes) {
    const model::Timeouts timeouts = get_timeouts(attributes);
    const uint32_t longest = std::max({timeouts.tcp_s, timeouts.tcp_fin_s, timeouts.udp_s});
    if (longest > longest_timeout_s) return fail(EINVAL, "a timeout is too long");
    return model::SetTimeouts{timeouts};
}

Result<Change> get_daemon_change(uint8_t command, const Attributes& attributes) {
    const auto nest = attributes.nest(IPVS_CMD_ATTR_DAEMON);
    if (!nest) return fail(EINVAL, "malformed message: no sync daemon");
    if (command == IPVS_CMD_DEL_DAEMON) {
        const auto role = get_sync_role(*nest);
        if (!role) return std::unexpected(role.error());
        return model::StopDaemon{*role};
    }
    auto daemon = get_daemon(*nest);
    if (!daemon) return std::unexpected(daemon.error());
    return model::StartDaemon{*std::move(daemon)};
}

Result<Change> get_service_change(uint8_t command, const Attributes& service,
                                  const model::ServiceKey& key) {
    if (command == IPVS_CMD_DEL_SERVICE) return model::RemoveService{key};
    if (command == IPVS_CMD_ZERO) return model::ZeroCounters{key};
    auto edit = get_service(service);
    if (!edit) return std::unexpected(edit.error());
    if (command == IPVS_CMD_NEW_SERVICE) return model::AddService{std::move(edit->service)};
    return *std::move(edit);
}

Result<Change> get_server_change(uint8_t command, const Attributes& attributes,
                                 const model::ServiceKey& key) {
    const auto nest = attributes.nest(IPVS_CMD_ATTR_DEST);
    if (!nest) return fail(EINVAL, "malformed message: no server");
    if (command == IPVS_CMD_DEL_DEST) {
        const auto server = get_server_key(*nest, key.address.family);
        if (!server) return std::unexpected(server.error());
        return model::RemoveServer{key, *server};
    }
    const auto server = get_server(*nest, key.address.family);
    if (!server) return std::unexpected(server.error());
    if (command == IPVS_CMD_NEW_DEST) return model::AddServer{key, *server};
    return model::EditServer{key, *server};
}

bool about_a_service(uint8_t command) {
    return command == IPVS_CMD_NEW_SERVICE || command == IPVS_CMD_SET_SERVICE ||
           command == IPVS_CMD_DEL_SERVICE || command == IPVS_CMD_ZERO;
}

bool about_a_server(uint8_t command) {
    return command == IPVS_CMD_NEW_DEST || command == IPVS_CMD_SET_DEST ||
           command == IPVS_CMD_DEL_DEST;
}

}  // namespace

void put_change(Writer& to, const Change& change) {
    std::visit(ChangeWriter(to), change);
}

Result<Change> get_change(uint8_t command, const Attributes& attributes, const Exists& exists) {
    if (command == IPVS_CMD_FLUSH) return model::RemoveAll{};
    if (command == IPVS_CMD_SET_CONFIG) return get_timeout_change(attributes);
    if (command == IPVS_CMD_NEW_DAEMON || command == IPVS_CMD_DEL_DAEMON)
        return get_daemon_change(command, attributes);
    if (command == IPVS_CMD_ZERO && !attributes.has(IPVS_CMD_ATTR_SERVICE))
        return model::ZeroCounters{};
    if (!about_a_service(command) && !about_a_server(command))
        return fail(EOPNOTSUPP, "no such command");

    const auto nest = attributes.nest(IPVS_CMD_ATTR_SERVICE);
    if (!nest) return fail(EINVAL, "malformed message: no service");
    const auto key = get_service_key(*nest);
    if (!key) return std::unexpected(key.error());
    if (about_a_service(command)) return get_service_change(command, *nest, *key);
    if (auto ok = exists(*key); !ok) return std::unexpected(ok.error());
    return get_server_change(command, attributes, *key);
}

}  // namespace turnout::ipvs
