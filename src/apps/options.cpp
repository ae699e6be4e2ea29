#include "apps/options.hpp"

#include <CLI/CLI.hpp>

#include "apps/failure.hpp"

namespace turnout {
namespace {

using kernel::XdpMode;

constexpr char description[] =
    R"(Turnout's director: balances the services that ipvsadm configures, in the network
namespace it is started in.

It loads the data plane into the kernel, puts it onto the interfaces and keeps the
service table.  Packets are forwarded by the kernel alone: turnoutd may be stopped,
killed and started again without a connection being lost.  `turnout down` removes
the data plane; `turnout status` tells what it does.)";

constexpr char epilogue[] =
    R"(Examples:
  turnoutd                              serve every Ethernet interface
  turnoutd --interface eth0             serve one
  ip netns exec blue turnoutd           a second director in namespace "blue"

It prints a line that begins with READY (and tells systemd) when packets would be
forwarded.)";

XdpMode mode_of(const std::string& name) {
    if (name == "native") return XdpMode::native;
    if (name == "generic") return XdpMode::generic;
    return name == "off" ? XdpMode::off : XdpMode::automatic;
}

}  // namespace

ParsedOptions parse_options(int count, char** arguments) {
    Options options;
    CLI::App app(description, "turnoutd");
    app.footer(epilogue);
    app.set_version_flag("--version", "turnoutd " TURNOUT_VERSION);
    app.failure_message(tell_failure);
    app.add_option("--interface", options.interfaces,
                   "Serve this interface only (repeatable); default: every Ethernet-like one, "
                   "new ones included")
        ->type_name("NAME");
    std::string xdp = "auto";
    app.add_option("--xdp", xdp,
                   "The fast lane: auto (native on physical NICs; virtual devices are faster by "
                   "tc alone), native, generic or off")
        ->check(CLI::IsMember({"auto", "native", "generic", "off"}).description(""))
        ->type_name("MODE");
    app.add_option("--conn-table-bits", options.sizes.connection_bits,
                   "Make the table for 2^N connections, 144 bytes each (default 18)")
        ->check(CLI::Range(8u, 27u))
        ->type_name("N");
    app.add_option("--max-services", options.sizes.services, "Room for so many services (65536)")
        ->check(CLI::Range(1u, 1u << 20))
        ->type_name("N");
    app.add_option("--max-servers", options.sizes.servers,
                   "Room for so many servers, of all services together (65536)")
        ->check(CLI::Range(1u, 1u << 20))
        ->type_name("N");
    app.add_option("--max-rings", options.sizes.rings,
                   "Room for the hash rings of so many mh services, or 16 times as many of dh or "
                   "sh (2048, 8 KiB each)")
        ->check(CLI::Range(1u, 1u << 17))
        ->type_name("N");
    app.add_option(
           "--state", options.state,
           "Save services in this file and restore them after a reboot, or \"none\"; default: "
           "a file below /var/lib/turnout named by the network namespace")
        ->take_last()
        ->type_name("FILE");
    try {
        app.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
        return {std::nullopt, app.exit(error) == 0 ? 0 : 2};
    }
    options.xdp = mode_of(xdp);
    options.sizes_given = app.count("--conn-table-bits") > 0;
    return {options, 0};
}

}  // namespace turnout
