#include "packet/cases.hpp"

namespace turnout::test {

const std::vector<Case>& packet_cases() {
    static const std::vector<Case> cases = [] {
        std::vector<Case> all;
        for (const auto& part : {passing(), direct_routing(), nat(), tunnelling(), serving(),
                                 persistence(), thresholds(), drains(), one_packet(), marks(),
                                 sip_calls(), ftp(), wild_replies(), sctp(), making_way()})
            for (const Case& each : part) {
                all.push_back(each);
                if (!each.ipv4_alone) all.push_back(in_ipv6(each));
            }
        for (const auto& part : {refusing(), strays(), icmp_errors(), own_errors(), in_fragments(),
                                 path_mtu(), sctp_of_each_family(), ipv6(), tunnel_kinds()})
            all.insert(all.end(), part.begin(), part.end());
        return all;
    }();
    return cases;
}

}  // namespace turnout::test
