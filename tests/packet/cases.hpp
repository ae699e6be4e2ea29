// The table of packet cases: configuration, packets in, what must come out.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "abi/drop.hpp"
#include "model/change.hpp"
#include "model/mark_rule.hpp"
#include "packet/packet.hpp"
#include "path/env.hpp"

namespace turnout::test {

struct Step {
    Bytes in;
    Verdict verdict;
    std::optional<Bytes> out = {};  // when transmitted; Ethernet header included
    // What the fast lane does, where it leaves the packet to the complete one.
    std::optional<Verdict> fast = {};
    uint32_t mark = 0;  // the firewall mark that the packet comes with
};

struct Case {
    std::string name;
    std::vector<model::Change> changes;
    std::vector<Step> steps;
    abi::Drop drop = abi::Drop::none;       // the reason that the last step is counted under
    std::vector<model::Change> later = {};  // changes between the first step and the second
    std::vector<model::MarkRule> mark_rules = {};
    std::optional<uint32_t> records = {};  // of the connection table, which the case leaves there
    bool ipv4_alone = false;               // says nothing about IPv6, or not the same
    std::map<std::string, int64_t> settings = {};  // others than the standard ones
    // Between the first step and the second: this server is drained, and so much time passes.
    std::optional<uint8_t> drained_later = {};
    uint32_t seconds_later = 0;
};

// The same case in IPv6: every address and header of IPv4 replaced.
Case in_ipv6(const Case& ipv4);

// All of them, in both families; and by theme: each is told in the file of its name below cases/;
// how packets look when they leave, in cases/forwarding.cpp.
const std::vector<Case>& packet_cases();
std::vector<Case> passing();
std::vector<Case> direct_routing();
std::vector<Case> nat();
std::vector<Case> tunnelling();
std::vector<Case> tunnel_kinds();
std::vector<Case> serving();
std::vector<Case> refusing();
std::vector<Case> strays();
std::vector<Case> making_way();
std::vector<Case> persistence();
std::vector<Case> thresholds();
std::vector<Case> drains();
std::vector<Case> one_packet();
std::vector<Case> marks();
std::vector<Case> sip_calls();
std::vector<Case> ftp();
std::vector<Case> wild_replies();
std::vector<Case> sctp();
std::vector<Case> icmp_errors();
std::vector<Case> own_errors();
std::vector<Case> in_fragments();
std::vector<Case> path_mtu();
std::vector<Case> sctp_of_each_family();
std::vector<Case> ipv6();

}  // namespace turnout::test
