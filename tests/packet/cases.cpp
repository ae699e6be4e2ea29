#include "packet/cases.hpp"

namespace turnout::test {

const std::vector<Case>& packet_cases() {
    static const std::vector<Case> cases = [] {
        std::vector<Case> all;
        for (const auto& part :
             {passing(), direct_routing(), nat(), tunnelling(), serving(), persistence(),
              thresholds(), one_packet(), marks(), sip_calls(), wild_replies()})
            all.insert(all.end(), part.begin(), part.end());
        return all;
    }();
    return cases;
}

}  // namespace turnout::test
