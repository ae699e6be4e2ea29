// The fuzzer of what people configure: an input is a conversation with the responder, datagram by
// datagram, each behind its length (two bytes, little endian).
//
// Demanded: answers are whole messages that fit, to a request that was asked; and whatever has
// been configured in that way can be saved and read again.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "config/saved_json.hpp"
#include "director/director.hpp"
#include "ipvs/responder.hpp"
#include "native/memory_tables.hpp"

namespace turnout::fuzz {
namespace {

struct Machine {
    native::MemoryTables tables;
    director::Director director{
        tables.rows,
        {.services = 64, .servers = 256, .servers_per_service = 64},
        [](const model::Address&) { return std::nullopt; },
        [] { return uint64_t{1}; },
        [](const model::Address&) { return false; },
        [](const std::string& name) { return std::optional(name == "eth0" ? 1500u : 9000u); }};

    // The next conversation begins with nothing.
    void clear() {
        (void)director.apply(model::RemoveAll{});
        (void)director.apply(model::StopDaemon{model::SyncRole::master});
        (void)director.apply(model::StopDaemon{model::SyncRole::backup});
    }
};

void demand(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "DEMAND BROKEN: %s\n", what);
    std::abort();
}

bool is_answered(ipvs::View requests, const nlmsghdr& answer) {
    while (const auto request = ipvs::next_message(requests))
        if (answer.nlmsg_seq == request->header.nlmsg_seq &&
            answer.nlmsg_pid == request->header.nlmsg_pid)
            return true;
    return false;
}

void check_answer(const ipvs::Bytes& datagram, ipvs::View requests) {
    ipvs::View rest(datagram);
    while (const auto message = ipvs::next_message(rest)) {
        demand(is_answered(requests, message->header), "the answer is to a request of who asked");
        demand(message->header.nlmsg_type == NLMSG_ERROR || datagram.size() <= ipvs::max_datagram,
               "the answer fits into a datagram");
    }
    demand(rest.empty(), "the answer is whole messages");
}

void ask(ipvs::Responder& responder, ipvs::View requests) {
    auto answers = responder.respond(requests);
    for (; !answers.empty(); answers = responder.more())
        for (const auto& datagram : answers) check_answer(datagram, requests);
}

void check_saving(const Machine& machine) {
    const auto saved = config::collect(machine.director, machine.director);
    const auto read = config::saved_from(config::json_of(saved));
    demand(read.has_value(), read ? "" : read.error().message.c_str());
    demand(config::json_of(*read) == config::json_of(saved), "what is read is what was saved");
}

}  // namespace
}  // namespace turnout::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace turnout;
    static fuzz::Machine machine;
    ipvs::Responder responder(machine.director);
    for (ipvs::View rest(data, size); rest.size() >= 2;) {
        const size_t length = std::min<size_t>(rest[0] | rest[1] << 8, rest.size() - 2);
        fuzz::ask(responder, rest.subspan(2, length));
        rest = rest.subspan(2 + length);
    }
    fuzz::check_saving(machine);
    machine.clear();
    return 0;
}
