#include "cli/api_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "api/server.hpp"
#include "base/unix_socket.hpp"
#include "director/director.hpp"
#include "native/memory_tables.hpp"

namespace turnout::cli {
namespace {

using namespace std::chrono_literals;

model::MarkRule web() {
    model::MarkRule rule;
    rule.protocol = model::Protocol::tcp;
    rule.from = *model::Prefix::parse("203.0.113.0/24");
    rule.to = *model::Prefix::parse("192.0.2.1");
    rule.to_ports = *model::parse_ports("80,443,8000-8080");
    rule.mark = 1;
    return rule;
}

model::MarkRule web6() {
    model::MarkRule rule;
    rule.family = model::Family::ipv6;
    rule.from_ports = *model::parse_ports("1024-65535");
    rule.protocol = model::Protocol::udp;
    rule.mark = 0xffffffff;
    return rule;
}

struct ApiClientTest : testing::Test {
    ApiClientTest() {
        char folder[] = "/tmp/turnout-client-test-XXXXXX";
        folder_ = mkdtemp(folder);
        path = folder_ / "1.api";
    }
    ~ApiClientTest() override {
        if (thread.joinable()) {
            boost::asio::post(io, [&] { server.reset(); });
            thread.join();
        }
        std::filesystem::remove_all(folder_);
    }
    void start() {
        server = std::make_unique<api::Server>(io, director, path);
        ASSERT_TRUE(server->start());
        thread = std::thread([this] { io.run(); });
    }
    // Somebody who listens here and is no director: says `text` to whoever comes, or nothing.
    void impostor(std::string text) {
        listener = *listen_at(path, SOCK_STREAM);
        thread = std::thread([this, text = std::move(text)] {
            Fd guest;
            while (!guest) guest = Fd(accept(listener.get(), nullptr, nullptr));
            send(guest.get(), text.data(), text.size(), MSG_NOSIGNAL);
            if (!text.empty()) shutdown(guest.get(), SHUT_WR);
            char rest[4096];
            while (recv(guest.get(), rest, sizeof rest, 0) > 0) {
            }
        });
    }

    std::filesystem::path folder_;
    std::string path;
    boost::asio::io_context io;
    native::MemoryTables tables;
    director::Director director{tables.rows,
                                {},
                                [](const model::Address&) { return std::nullopt; },
                                [] { return uint64_t{1}; }};
    std::unique_ptr<api::Server> server;
    Fd listener;
    std::thread thread;
};

TEST_F(ApiClientTest, rules_arrive_as_they_were_sent) {
    start();
    const ApiClient client(path);
    const auto added = client.add({web(), web6()});
    ASSERT_TRUE(added) << added.error().message;
    auto expected = std::vector{web(), web6()};
    expected[0].number = 1, expected[1].number = 2;
    EXPECT_EQ(*added, expected);
    EXPECT_EQ(*client.mark_rules(), expected);
    ASSERT_TRUE(client.remove_mark_rule(1));
    EXPECT_EQ(*client.mark_rules(), std::vector{expected[1]});
}

TEST_F(ApiClientTest, refusals_arrive_with_code_and_words) {
    start();
    const ApiClient client(path);
    const auto gone = client.remove_mark_rule(7);
    EXPECT_EQ(gone.error().code, ENOENT);
    EXPECT_NE(gone.error().message.find("no mark rule 7"), std::string::npos);
    EXPECT_EQ(client.set("expire_quiescent_template", 2).error().code, ERANGE);
    for (const char* name : {"nosuch", "", "no such", "../marks", "a\r\nb"})
        EXPECT_EQ(client.set(name, 1).error().code, ENOENT) << name;
    EXPECT_EQ(client.add({model::MarkRule{}}).error().code, EINVAL);
}

TEST_F(ApiClientTest, settings) {
    start();
    const ApiClient client(path);
    ASSERT_TRUE(client.set("expire_quiescent_template", 1));
    const auto settings = client.settings();
    ASSERT_TRUE(settings);
    const auto set =
        std::ranges::find(*settings, "expire_quiescent_template", &model::Setting::name);
    ASSERT_NE(set, settings->end());
    EXPECT_EQ(set->value, 1);
    EXPECT_EQ(set->greatest, 1);
    EXPECT_NE(set->meaning, "");
}

TEST_F(ApiClientTest, long_lists_arrive_whole) {
    start();
    const ApiClient client(path);
    ASSERT_TRUE(client.add(std::vector(300, web())));
    EXPECT_EQ(client.mark_rules()->size(), 300u);
    EXPECT_EQ(client.add(std::vector(300, web())).error().code, ENOSPC);
}

TEST_F(ApiClientTest, more_than_the_director_reads_is_refused_with_its_words) {
    start();
    const auto answer = ApiClient(path).add(std::vector(20000, web()));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, EMSGSIZE) << answer.error().message;
}

TEST_F(ApiClientTest, without_a_director_the_cure_is_named) {
    const auto asked = ApiClient(path).mark_rules();
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().code, ENOENT);
    EXPECT_NE(asked.error().message.find("start turnoutd"), std::string::npos);
    { const Fd dead = *listen_at(path, SOCK_STREAM); }
    EXPECT_NE(ApiClient(path).settings().error().message.find("start turnoutd"), std::string::npos);
    EXPECT_EQ(ApiClient(std::string(200, 'x')).settings().error().code, ENAMETOOLONG);
}

TEST_F(ApiClientTest, a_director_that_hangs_is_not_waited_for_forever) {
    impostor("");
    EXPECT_EQ(ApiClient(path, 200ms).mark_rules().error().code, ETIMEDOUT);
}

TEST_F(ApiClientTest, answers_without_sense_are_errors) {
    for (const char* text :
         {"garbage", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[", "HTTP/1.1 200 OK\r\n\r\n{",
          "HTTP/1.1 200 OK\r\n\r\n{\"a\": 1}", "HTTP/1.1 500 Oh\r\n\r\nno JSON",
          "HTTP/1.1 400 Bad Request\r\n\r\n{\"error\": {\"code\": 1}}",
          "HTTP/1.1 200 OK\r\n\r\n[{\"name\": 1}]"}) {
        impostor(text);
        EXPECT_FALSE(ApiClient(path).settings()) << text;
        thread.join();
        listener = Fd();
    }
}

}  // namespace
}  // namespace turnout::cli
