#include "cli/ipvsadm/run.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <span>
#include <utility>
#include <vector>

#include "cli/ipvsadm/change.hpp"
#include "cli/ipvsadm/command_line.hpp"
#include "cli/ipvsadm/connections.hpp"
#include "cli/ipvsadm/exit_status.hpp"
#include "cli/ipvsadm/listing.hpp"
#include "cli/ipvsadm/order.hpp"
#include "cli/ipvsadm/refusal.hpp"
#include "cli/ipvsadm/restore.hpp"
#include "cli/ipvsadm/rules.hpp"
#include "ipvs/client.hpp"

namespace turnout::ipvsadm {
namespace {

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

// One command line at the director.
class Session {
  public:
    Session(ipvs::Client& client, const CommandLine& line)
        : client_(client),
          line_(line),
          names_(line.given.has(Option::numeric)),
          sorted_(!line.given.has(Option::nosort)) {}

    int execute() {
        switch (line_.command) {
            case Command::list:
                return status(list(), list_failed);
            case Command::save:
                return status(save(), list_failed);
            default:
                return status(client_.apply(change_of(line_)), refused);
        }
    }

  private:
    int status(const Status& done, int otherwise) const {
        if (done) return 0;
        std::fprintf(stderr, "%s\n", refusal(line_.command, done.error()).c_str());
        return otherwise;
    }

    Status list() {
        if (line_.given.has(Option::connection)) return list_connections();
        if (line_.given.has(Option::timeout)) return list_timeouts();
        if (line_.given.has(Option::daemon)) return list_daemons();
        const Listing listing(form_of(line_.given), line_.given.has(Option::exact), names_);
        if (line_.given.has(Option::service)) return list_service(listing);
        return list_services(listing);
    }

    // Printed as it comes in: there may be millions.
    Status list_connections() {
        const bool engines = line_.given.has(Option::persistent_conn);
        bool titled = false;
        return client_.text("ip_vs_conn", [&](std::string_view lines) {
            if (!std::exchange(titled, true)) print(connections_title(engines));
            print(connection_lines(lines, names_, engines));
        });
    }

    Status list_timeouts() {
        const auto timeouts = client_.timeouts();
        if (!timeouts) return std::unexpected(timeouts.error());
        std::printf("Timeout (tcp tcpfin udp): %u %u %u\n", timeouts->tcp_s, timeouts->tcp_fin_s,
                    timeouts->udp_s);
        return {};
    }

    Status list_daemons() {
        const auto daemons = client_.daemons();
        if (!daemons) return std::unexpected(daemons.error());
        for (const auto& daemon : *daemons) print(daemon_line(daemon));
        return {};
    }

    Status list_service(const Listing& listing) {
        const auto report = client_.service(line_.service.key);
        if (!report) return std::unexpected(report.error());
        print(listing.title());
        return print_services(listing, {*report});
    }

    Status list_services(const Listing& listing) {
        const auto info = client_.info();
        if (!info) return std::unexpected(info.error());
        print(Listing::version_line(*info));
        const auto reports = services();
        if (!reports) return std::unexpected(reports.error());
        print(listing.title());
        return print_services(listing, *reports);
    }

    Status print_services(const Listing& listing,
                          const std::vector<model::ServiceReport>& reports) {
        return with_servers(reports, [&](const auto& report, const auto& servers) {
            print(listing.service(report));
            for (const auto& server : servers) print(listing.server(server, report.service.key));
        });
    }

    Status save() {
        const auto reports = services();
        if (!reports) return std::unexpected(reports.error());
        return with_servers(*reports, [&](const auto& report, const auto& servers) {
            print(service_rule(report.service, names_) + "\n");
            for (const auto& server : servers)
                print(server_rule(server.server, report.service.key, names_) + "\n");
        });
    }

    Result<std::vector<model::ServiceReport>> services() {
        auto reports = client_.services();
        if (reports && sorted_) sort(*reports);
        return reports;
    }

    // Each service with its servers.
    template <class Take>
    Status with_servers(std::span<const model::ServiceReport> services, Take take) {
        return client_.servers(services, [&](const model::ServiceReport& service,
                                             std::vector<model::ServerReport> servers) {
            if (sorted_) sort(servers);
            take(service, servers);
        });
    }

    ipvs::Client& client_;
    const CommandLine& line_;
    Names names_;
    bool sorted_;
};

}  // namespace

int run(int argc, const char* const* argv, const std::string& path) {
    CommandLine line;
    if (argc > 1) {
        auto read = read_command_line({argv, argv + argc}, false);
        if (!read) return say(read.error());
        line = *std::move(read);
    }
    auto client = ipvs::Client::connect(path);
    if (!client) {
        const bool forbidden = client.error().code == EACCES;
        std::fprintf(
            stderr, "%s\n",
            forbidden ? "Permission denied (you must be root)" : client.error().message.c_str());
        return no_director;
    }
    const auto execute = [&](const CommandLine& each) { return Session(*client, each).execute(); };
    if (line.command != Command::restore) return execute(line);
    Lines rules(STDIN_FILENO);
    return restore(*client, rules, execute);
}

}  // namespace turnout::ipvsadm
