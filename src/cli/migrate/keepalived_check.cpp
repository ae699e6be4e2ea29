#include "cli/migrate/keepalived_check.hpp"

#include <algorithm>
#include <map>

#include "base/number.hpp"
#include "cli/migrate/keepalived_text.hpp"

namespace turnout::cli::migrate {
namespace {

using model::Address, model::Method, model::Server, model::Service, model::ServiceKey;

// The last statement of that name, or of its older one: that is what keepalived takes.
const Statement* find(const std::vector<Statement>& statements, const char* name,
                      const char* older = "") {
    const Statement* found = nullptr;
    for (const Statement& statement : statements)
        if (statement.word(0) == name || statement.word(0) == older) found = &statement;
    return found;
}

template <class Number>
void read(const std::vector<Statement>& statements, const char* name, Number& number) {
    if (const Statement* statement = find(statements, name))
        number = number_of<Number>(statement->word(1)).value_or(number);
}

Method method_named(const std::string& name) {
    if (name == "DR") return Method::direct;
    return name == "TUN" ? Method::tunnel : Method::nat;
}

class Check {
  public:
    Check(const std::string& name, Services& services) : name_(name), services_(services) {}

    Findings check(const std::vector<Statement>& statements) {
        for (const Statement& statement : statements)
            if (statement.word(0) == "virtual_server_group")
                groups_[statement.word(1)] = &statement;
        walk(statements);
        return std::move(findings_);
    }

  private:
    void walk(const std::vector<Statement>& statements) {
        for (const Statement& statement : statements) {
            const std::string& first = statement.word(0);
            if (first == "virtual_server") {
                check_virtual_server(statement);
                continue;
            }
            if (first == "lvs_sync_daemon" || first == "lvs_sync_daemon_interface")
                tell(Weight::different, statement,
                     "the sync daemon is accepted and listed, but connections are not sent to "
                     "another director yet",
                     "");
            if (first == "include" || first == "include_check")
                tell(Weight::to_do, statement, "what is included has not been looked at",
                     "give it with --keepalived, too");
            walk(statement.inside);
        }
    }

    void check_virtual_server(const Statement& block) {
        for (ServiceKey key : keys_of(block)) {
            if (const Statement* protocol = find(block.inside, "protocol"))
                if (!key.mark)
                    key.protocol = protocol->word(1) == "UDP"    ? model::Protocol::udp
                                   : protocol->word(1) == "SCTP" ? model::Protocol::sctp
                                                                 : model::Protocol::tcp;
            const Service service = service_of(key, block);
            services_.add(where(block), service);
            for (const Statement& inside : block.inside)
                if (inside.word(0) == "real_server") check_server(block, inside, service);
        }
    }

    // "virtual_server 192.0.2.1 80", "virtual_server fwmark 7", "virtual_server group web".
    std::vector<ServiceKey> keys_of(const Statement& block) {
        if (block.word(1) != "group") return keys_at(block, 1);
        const auto group = groups_.find(block.word(2));
        if (group == groups_.end()) {
            tell(Weight::refused, block, "there is no virtual_server_group " + block.word(2), "");
            return {};
        }
        std::vector<ServiceKey> keys;
        for (const Statement& member : group->second->inside)
            for (const ServiceKey& key : keys_at(member, 0)) keys.push_back(key);
        return keys;
    }

    // Of a range of addresses ("192.0.2.1-9") the first stands for all.
    std::vector<ServiceKey> keys_at(const Statement& statement, size_t first) {
        ServiceKey key;
        key.protocol = model::Protocol::tcp;
        if (statement.word(first) == "fwmark") {
            key.mark = number_of<uint32_t>(statement.word(first + 1)).value_or(0);
            key.protocol = model::Protocol::none;
            if (key.mark) return {key};
        } else if (const auto address = Address::parse(
                       statement.word(first).substr(0, statement.word(first).find('-')))) {
            key.address = *address;
            key.port = number_of<uint16_t>(statement.word(first + 1)).value_or(0);
            return {key};
        }
        tell(Weight::refused, statement, "no service is named here", "");
        return {};
    }

    static Service service_of(const ServiceKey& key, const Statement& block) {
        Service service;
        service.key = key;
        if (key.address.family == model::Family::ipv6) service.netmask = 128;
        if (const Statement* scheduler = find(block.inside, "lvs_sched", "lb_algo"))
            service.scheduler = scheduler->word(1);
        read(block.inside, "persistence_timeout", service.persistence_timeout_s);
        if (service.persistence_timeout_s) service.flags |= model::service_flag::persistent;
        if (find(block.inside, "ops")) service.flags |= model::service_flag::one_packet;
        if (const Statement* engine = find(block.inside, "persistence_engine"))
            service.persistence_engine = engine->word(1);
        return service;
    }

    void check_server(const Statement& block, const Statement& statement, const Service& service) {
        const auto address = Address::parse(statement.word(1));
        if (!address) return tell(Weight::refused, statement, "no server is named here", "");
        Server server;
        server.key = {*address, number_of<uint16_t>(statement.word(2)).value_or(service.key.port)};
        const Statement* method = find(statement.inside, "lvs_method", "lb_kind");
        if (!method) method = find(block.inside, "lvs_method", "lb_kind");
        if (method) server.method = method_named(method->word(1));
        // Only NAT changes ports.
        if (server.method != Method::nat && !service.key.mark) server.key.port = service.key.port;
        read(statement.inside, "weight", server.weight);
        read(statement.inside, "uthreshold", server.upper_threshold);
        read(statement.inside, "lthreshold", server.lower_threshold);
        services_.add(where(statement), service.key, server);
    }

    std::string where(const Statement& statement) const {
        return name_ + ':' + std::to_string(statement.line);
    }
    void tell(Weight weight, const Statement& at, const std::string& what,
              const std::string& cure) {
        findings_.push_back({weight, where(at), what, cure});
    }

    const std::string& name_;
    Services& services_;
    std::map<std::string, const Statement*> groups_;
    Findings findings_;
};

}  // namespace

Findings check_keepalived(const std::string& text, const std::string& name, Services& services) {
    const auto statements = read_keepalived(text);
    if (!statements)
        return {{Weight::refused, name, statements.error().message, "`keepalived -t` tells more"}};
    return Check(name, services).check(*statements);
}

}  // namespace turnout::cli::migrate
