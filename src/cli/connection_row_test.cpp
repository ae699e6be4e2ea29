#include "cli/connection_row.hpp"

#include <gtest/gtest.h>

#include "api/values.hpp"
#include "model/names.hpp"

namespace turnout::cli {
namespace {

model::ConnectionReport connection() {
    model::ConnectionReport made;
    made.protocol = model::Protocol::tcp;
    made.client = *model::Address::parse("2001:db8::7");
    made.client_port = 40000;
    made.service = *model::service_named("tcp:198.51.100.1:80");
    made.virtual_address = made.service.address;
    made.virtual_port = 80;
    made.server = model::Address::ipv4(10, 1, 0, 11);
    made.server_port = 8080;
    made.state = "ESTABLISHED";
    made.expires_s = 899;
    return made;
}

// The text is that of the API's object.
void expect_same(const model::ConnectionReport& report) {
    std::string text = "before ";
    append_json(text, report);
    const auto whole =
        api::json_of(report).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    EXPECT_EQ(text, "before " + whole);
}

TEST(connection_row, json_is_that_of_the_api) {
    for (const bool assured : {false, true})
        for (const bool retired : {false, true})
            for (const bool is_template : {false, true}) {
                model::ConnectionReport report = connection();
                report.assured = assured;
                report.retired = retired;
                report.is_template = is_template;
                expect_same(report);
                report.engine = "sip";
                report.engine_data = "a \"call\"\n\\ of \xff bytes";
                expect_same(report);
            }
}

}  // namespace
}  // namespace turnout::cli
