#include "observe/node_exporter.hpp"

#include <gtest/gtest.h>

#include "model/names.hpp"

namespace turnout::observe {
namespace {

model::ServerReport server(const char* address, uint16_t port, int32_t weight) {
    model::ServerReport report;
    report.server.key = {*model::Address::parse(address), port};
    report.server.weight = weight;
    report.active = 3;
    report.inactive = 4;
    return report;
}

bool has(const std::string& text, const std::string& line) {
    return ('\n' + text).find('\n' + line + '\n') != std::string::npos;
}

TEST(node_exporter, totals_alone_when_nothing_is_served) {
    const std::string text = node_exporter_text({{1, 2, 3, 4, 5'000'000'000, 0}, {}});
    EXPECT_TRUE(has(text, "# TYPE node_ipvs_connections_total counter"));
    EXPECT_TRUE(has(text, "node_ipvs_connections_total 1"));
    EXPECT_TRUE(has(text, "node_ipvs_incoming_packets_total 2"));
    EXPECT_TRUE(has(text, "node_ipvs_outgoing_packets_total 3"));
    EXPECT_TRUE(has(text, "node_ipvs_incoming_bytes_total 4"));
    EXPECT_TRUE(has(text, "node_ipvs_outgoing_bytes_total 5000000000"));
    EXPECT_EQ(text.find("backend"), std::string::npos);
}

TEST(node_exporter, a_server_has_its_services_labels) {
    const auto text = node_exporter_text(
        {{}, {{*model::service_named("tcp:198.51.100.1:80"), {server("10.1.0.11", 8080, 7)}}}});
    const std::string labels =
        R"({local_address="198.51.100.1",local_mark="",local_port="80",proto="TCP",)"
        R"(remote_address="10.1.0.11",remote_port="8080"})";
    EXPECT_TRUE(has(text, "node_ipvs_backend_connections_active" + labels + " 3"));
    EXPECT_TRUE(has(text, "node_ipvs_backend_connections_inactive" + labels + " 4"));
    EXPECT_TRUE(has(text, "node_ipvs_backend_weight" + labels + " 7"));
}

TEST(node_exporter, equal_labels_are_summed) {
    const auto text =
        node_exporter_text({{},
                            {{*model::service_named("fwm:11"), {server("10.1.0.11", 0, 1)}},
                             {*model::service_named("fwm:11/ipv6"), {server("10.1.0.11", 0, 2)}}}});
    EXPECT_TRUE(has(text,
                    R"(node_ipvs_backend_weight{local_address="",local_mark="0000000B",)"
                    R"(local_port="0",proto="FWM",remote_address="10.1.0.11",remote_port="0"} 3)"));
}

}  // namespace
}  // namespace turnout::observe
