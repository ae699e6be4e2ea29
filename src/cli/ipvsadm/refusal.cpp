#include "cli/ipvsadm/refusal.hpp"

#include <array>
#include <cerrno>
#include <cstring>

namespace turnout::ipvsadm {
namespace {

struct Words {
    Command command;
    int code;
    const char* text;
};

constexpr const char* no_service = "No such service";
constexpr const char* no_name = "Scheduler or persistence engine not found";
constexpr const char* not_defined = "Service not defined";

constexpr std::array<Words, 16> by_command{{
    {Command::add_service, EEXIST, "Service already exists"},
    {Command::add_service, ENOENT, no_name},
    {Command::edit_service, ESRCH, no_service},
    {Command::edit_service, ENOENT, no_name},
    {Command::delete_service, ESRCH, no_service},
    {Command::zero, ESRCH, no_service},
    {Command::list, ESRCH, no_service},
    {Command::save, ESRCH, no_service},
    {Command::add_server, ESRCH, not_defined},
    {Command::add_server, EEXIST, "Destination already exists"},
    {Command::edit_server, ESRCH, not_defined},
    {Command::edit_server, ENOENT, "No such destination"},
    {Command::delete_server, ESRCH, not_defined},
    {Command::delete_server, ENOENT, "No such destination"},
    {Command::start_daemon, EEXIST, "Daemon has already run"},
    {Command::stop_daemon, ESRCH, "No daemon is running"},
}};

}  // namespace

std::string refusal(Command command, const Error& error) {
    for (const Words& words : by_command)
        if (words.command == command && words.code == error.code) return words.text;
    switch (error.code) {
        case EPERM:
        case EACCES:
            return "Permission denied (you must be root)";
        case EINVAL:
            return "Invalid operation.  Possibly wrong module version, address not unicast, ...";
        case ENOPROTOOPT:
            return "Protocol not available";
        case ENOMEM:
            return "Memory allocation problem";
        case EAFNOSUPPORT:
            return "Operation not supported with specified address family";
        case EMSGSIZE:
            return "Module is wrong version";
        case EOPNOTSUPP:
            return "Operation not supported by this version of Turnout: " + error.message;
        case ERANGE:
        case ENODEV:
            return std::strerror(error.code);
        default:  // limits of the director, trouble on the way to it: it knows best
            return error.message;
    }
}

}  // namespace turnout::ipvsadm
