#include "cli/connection_counts.hpp"

#include <gtest/gtest.h>

#include "cli/connection_row.hpp"
#include "model/names.hpp"

namespace turnout::cli {
namespace {

model::ConnectionReport connection(uint8_t client, uint8_t server) {
    model::ConnectionReport made;
    made.protocol = model::Protocol::tcp;
    made.client = model::Address::ipv4(203, 0, 113, client);
    made.client_port = 40000;
    made.service = *model::service_named("tcp:198.51.100.1:80");
    made.virtual_address = made.service.address;
    made.virtual_port = 80;
    made.server = model::Address::ipv4(10, 1, 0, server);
    made.server_port = 8080;
    made.serving = {made.server, 8080};
    made.state = "ESTABLISHED";
    made.expires_s = 899;
    return made;
}

model::ConnectionReport template_of(uint8_t client, uint8_t server) {
    auto made = connection(client, server);
    made.is_template = made.assured = true;
    made.state = "ASSURED";
    made.client_port = made.server_port = 0;
    return made;
}

TEST(ConnectionCounts, by_protocol_and_state_by_service_and_server) {
    ConnectionCounts counts;
    counts.add(connection(1, 11));
    counts.add(connection(2, 11));
    counts.add(connection(3, 12));
    counts.add(template_of(1, 11));
    const auto json = counts.json();
    EXPECT_EQ(json["connections"], 3);
    EXPECT_EQ(json["templates"], 1);
    ASSERT_EQ(json["by_state"].size(), 2u);
    EXPECT_EQ(json["by_state"][0]["state"], "ESTABLISHED");
    EXPECT_EQ(json["by_state"][0]["count"], 3);
    EXPECT_EQ(json["by_state"][1]["kind"], "template");
    ASSERT_EQ(json["by_server"].size(), 2u);
    EXPECT_EQ(json["by_server"][0]["server"], "10.1.0.11:8080");
    EXPECT_EQ(json["by_server"][0]["connections"], 2);
    EXPECT_EQ(json["by_server"][0]["templates"], 1);
    EXPECT_EQ(counts.text(),
              "connections 3, templates 1\n\n"
              "PROTOCOL  KIND        STATE        COUNT\n"
              "tcp       connection  ESTABLISHED  3\n"
              "tcp       template    ASSURED      1\n\n"
              "SERVICE              SERVER          CONNECTIONS  TEMPLATES\n"
              "tcp:198.51.100.1:80  10.1.0.11:8080  2            1\n"
              "tcp:198.51.100.1:80  10.1.0.12:8080  1            0\n");
}

TEST(TopTalkers, most_connections_first_and_so_many) {
    TopTalkers talkers(TopTalkers::By::client);
    for (const uint8_t client : std::vector<uint8_t>{5, 3, 5, 4, 3, 5, 6})
        talkers.add(connection(client, 11));
    const std::vector<TopTalkers::Row> expected{
        {"203.0.113.5", 3}, {"203.0.113.3", 2}, {"203.0.113.4", 1}};
    EXPECT_EQ(talkers.top(3), expected);
    EXPECT_EQ(talkers.top(100).size(), 4u);
}

TEST(ConnectionRow, in_columns) {
    std::string text = connection_title;
    append_row(text, connection(7, 11));
    append_row(text, template_of(7, 11));
    EXPECT_EQ(text,
              "PROTO EXPIRES STATE       METHOD CLIENT                VIRTUAL               "
              "SERVER                FLAGS\n"
              "tcp   14:59   ESTABLISHED nat    203.0.113.7:40000     198.51.100.1:80       "
              "10.1.0.11:8080\n"
              "tcp   14:59   ASSURED     -      203.0.113.7:0         198.51.100.1:80       "
              "10.1.0.11:0           template assured\n");
}

}  // namespace
}  // namespace turnout::cli
