#include "realserver/realserver.hpp"

#include <algorithm>
#include <ranges>

namespace turnout::realserver {

namespace {

Status validate(const Request& request) {
    const auto& vip = request.vip;
    const bool loopback = vip.family == model::Family::ipv4 ? vip.bytes[0] == 127
                                                            : vip == *model::Address::parse("::1");
    if (!vip.is_unicast() || loopback)
        return fail(EINVAL, vip.to_string() +
                                " cannot be a virtual address: name a unicast address "
                                "that clients can reach");
    if (request.gue_port != 0 && request.method != Method::tunnel)
        return fail(EINVAL, "--tun-port is where GUE packets come in: it is for --method tunnel");
    if (request.mss.is_limited() && request.method != Method::tunnel)
        return fail(EINVAL, "--mss makes segments fit into a tunnel: it is for --method tunnel");
    return {};
}

Status take_step(const Step& step, Machine& machine, const Memory& memory, Record& record,
                 Changes& changes) {
    const auto state = machine.read(step.thing);
    if (!state) return std::unexpected(state.error());
    Remembered* remembered = record.find(step.thing);
    if (!remembered)
        remembered = &record.things.emplace_back(step.thing, step.wanted, std::nullopt);
    remembered->wanted = step.wanted;  // another, if an automatic MSS follows another MTU
    if (step.is_right(*state)) return {};

    // What was there before the first change is what undo must bring back.
    if (!remembered->before) remembered->before = *state;
    if (auto saved = memory.save(record); !saved) return saved;
    if (auto written = machine.write(step.thing, step.wanted); !written) return written;
    changes.push_back(to_string(step.thing) + ": " + *state + " -> " + step.wanted);
    return {};
}

// Puts back what differs between two records: the changes of a run that failed.
void roll_back(const std::optional<Record>& start, const Record& reached, Machine& machine,
               const Memory& memory) {
    std::optional<Record> before = start;
    for (const auto& remembered : std::views::reverse(reached.things)) {
        const auto* known = before ? before->find(remembered.thing) : nullptr;
        if (remembered.before && !(known && known->before))
            (void)machine.write(remembered.thing, *remembered.before);
    }
    (void)(start ? memory.save(*start) : memory.forget(reached.request.vip));
}

bool is_shared(Kind kind) {
    return kind == Kind::setting || kind == Kind::hook;
}

// Gives the duty to restore a thing to another virtual address that relies on it, if there is one.
Result<bool> hand_over(const Remembered& remembered, std::vector<Record>& others,
                       const Memory& memory) {
    if (!is_shared(remembered.thing.kind)) return false;
    for (auto& other : others) {
        auto* theirs = other.find(remembered.thing);
        if (!theirs) continue;
        theirs->before = remembered.before;
        if (auto saved = memory.save(other); !saved) return std::unexpected(saved.error());
        return true;
    }
    return false;
}

Status restore(const Remembered& remembered, Machine& machine, Changes& changes) {
    const auto state = machine.read(remembered.thing);
    if (!state) return std::unexpected(state.error());
    const std::string name = to_string(remembered.thing);
    if (*state == *remembered.before) return {};
    if (*state != remembered.wanted) {
        changes.push_back(name + ": left at " + *state + ", which someone else made it");
        return {};
    }
    if (auto written = machine.write(remembered.thing, *remembered.before); !written)
        return written;
    changes.push_back(name + ": " + *state + " -> " + *remembered.before);
    return {};
}

std::string cure_for(const Step& step, const std::string& state, const Request& request) {
    const std::string vip = request.vip.to_string();
    if (step.thing.kind == Kind::setting)
        return "sysctl -w " + to_string(step.thing) + "=" + step.wanted;
    if (step.thing.kind == Kind::address && state != absent)
        return "ip address del " + vip + " where it is now, then turnout realserver";
    std::string command =
        "turnout realserver --vip " + vip + " --method " + to_string(request.method);
    if (request.gue_port != 0) command += " --tun-port " + std::to_string(request.gue_port);
    if (request.mss.is_limited()) command += " --mss " + to_string(request.mss);
    return command;
}

}  // namespace

Result<Changes> set_up(const Request& request, Machine& machine, Memory& memory) {
    if (auto valid = validate(request); !valid) return std::unexpected(valid.error());
    const auto start = memory.load(request.vip);
    if (!start) return std::unexpected(start.error());
    if (*start && (*start)->request != request)
        return fail(EEXIST, "this host is set up for " + request.vip.to_string() + " by method " +
                                to_string((*start)->request.method) +
                                " already, in another way: " + "use --undo first");

    const auto steps = plan(request, machine);
    if (!steps) return std::unexpected(steps.error());
    Record record = start->value_or(Record{request, {}});
    Changes changes;
    for (const auto& step : *steps) {
        const auto taken = take_step(step, machine, memory, record, changes);
        if (taken) continue;
        roll_back(*start, record, machine, memory);
        return std::unexpected(taken.error());
    }
    if (auto saved = memory.save(record); !saved) return std::unexpected(saved.error());
    return changes;
}

Result<Changes> undo(const model::Address& vip, Machine& machine, Memory& memory) {
    const auto record = memory.load(vip);
    if (!record) return std::unexpected(record.error());
    if (!*record)
        return fail(ENOENT, "nothing is remembered for " + vip.to_string() +
                                " in this network namespace: there is nothing to undo");
    auto others = memory.load_all();
    if (!others) return std::unexpected(others.error());
    std::erase_if(*others, [&](const Record& other) { return other.request.vip == vip; });

    Changes changes;
    for (const auto& remembered : std::views::reverse((*record)->things)) {
        if (!remembered.before) continue;
        const auto given = hand_over(remembered, *others, memory);
        if (!given) return std::unexpected(given.error());
        if (*given) continue;
        if (auto done = restore(remembered, machine, changes); !done)
            return std::unexpected(done.error());
    }
    if (auto forgotten = memory.forget(vip); !forgotten) return std::unexpected(forgotten.error());
    return changes;
}

Result<std::vector<Finding>> check(const Request& request, Machine& machine) {
    if (auto valid = validate(request); !valid) return std::unexpected(valid.error());
    const auto steps = plan(request, machine);
    if (!steps) return std::unexpected(steps.error());

    std::vector<Finding> findings;
    for (const auto& step : *steps) {
        const auto state = machine.read(step.thing);
        if (!state) return std::unexpected(state.error());
        findings.push_back({to_string(step.thing), *state, step.wanted, step.why,
                            cure_for(step, *state, request), step.is_right(*state)});
    }
    return findings;
}

}  // namespace turnout::realserver
