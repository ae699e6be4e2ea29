// Thresholds: a server that has all the connections it may have is passed over.
#include "packet/cases/common.hpp"

namespace turnout::test {
namespace {

// Servers 1 and 2, each for as many connections as given; 0: any number.
std::vector<Change> limited(const model::Service& service, uint32_t first, uint32_t second) {
    model::Server one = server_value(1, Method::nat), two = server_value(2, Method::nat);
    one.upper_threshold = first;
    two.upper_threshold = second;
    return {AddService{service}, AddServer{service.key, one}, AddServer{service.key, two}};
}

Call from(uint16_t number) {
    return {.from = static_cast<uint16_t>(client_port + number)};
}

}  // namespace

std::vector<Case> thresholds() {
    const auto web = key(Protocol::tcp);
    return {
        {.name = "a full server is passed over",
         .changes = limited(plain(web), 0, 1),
         .steps = {from(1).reaches(2), from(2).reaches(1), from(3).reaches(1), from(4).reaches(1)}},
        {.name = "a server fills up to its threshold",
         .changes = limited(plain(web), 0, 2),
         .steps = {from(1).reaches(2), from(2).reaches(1), from(3).reaches(2), from(4).reaches(1),
                   from(5).reaches(1)}},
        {.name = "a full server keeps the clients that persistence gave it",
         .changes = limited(persistent(web), 0, 1),
         .steps = {from(1).reaches(2), from(2).reaches(2),
                   Call{.by = model::Address::ipv4(203, 0, 113, 8)}.reaches(1)}},
    };
}

}  // namespace turnout::test
