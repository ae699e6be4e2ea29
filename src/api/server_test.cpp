#include "api/server.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "base/unix_socket.hpp"
#include "director/director.hpp"
#include "native/memory_tables.hpp"

namespace turnout::api {
namespace {

using namespace std::chrono_literals;

const std::string get_marks = "GET /v1/marks HTTP/1.1\r\nHost: t\r\n\r\n";
const std::string get_marks_once = "GET /v1/marks HTTP/1.1\r\nConnection: close\r\n\r\n";

// A director at a path of its own, in a thread of its own.
struct ApiServerTest : testing::Test {
    ApiServerTest() {
        char folder[] = "/tmp/turnout-api-test-XXXXXX";
        folder_ = mkdtemp(folder);
        path = folder_ / "run" / "1.api";
    }
    ~ApiServerTest() override {
        stop();
        std::filesystem::remove_all(folder_);
    }
    void start(std::chrono::milliseconds patience = 10s) {
        server = std::make_unique<Server>(io, director, path, patience);
        const auto started = server->start();
        ASSERT_TRUE(started) << started.error().message;
        thread = std::thread([this] { io.run(); });
    }
    void stop() {
        if (!thread.joinable()) return;
        boost::asio::post(io, [&] { server.reset(); });
        thread.join();
    }
    Fd client() const {
        Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
        const auto address = unix_address(path);
        EXPECT_EQ(
            connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address), 0)
            << strerror(errno);
        return socket;
    }
    static void say(const Fd& to, const std::string& text) {
        EXPECT_EQ(send(to.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    // All that comes until the server hangs up, or a "stalled" after five seconds without a word.
    static std::string hear(const Fd& from) {
        std::string heard;
        char piece[4096];
        while (true) {
            pollfd readable{from.get(), POLLIN, 0};
            if (poll(&readable, 1, 5000) != 1) return heard + "stalled";
            const ssize_t got = recv(from.get(), piece, sizeof piece, 0);
            if (got <= 0) return heard;
            heard.append(piece, static_cast<size_t>(got));
        }
    }
    std::string ask(const std::string& request) const {
        const Fd socket = client();
        say(socket, request);
        return hear(socket);
    }
    // Somebody else is served as ever.
    void expect_service() const { EXPECT_EQ(ask(get_marks_once).substr(0, 15), "HTTP/1.1 200 OK"); }

    std::filesystem::path folder_;
    std::string path;
    boost::asio::io_context io;
    native::MemoryTables tables;
    director::Director director{tables.rows,
                                {},
                                [](const model::Address&) { return std::nullopt; },
                                [] { return uint64_t{1}; }};
    std::unique_ptr<Server> server;
    std::thread thread;
};

TEST_F(ApiServerTest, requests_follow_each_other_on_one_connection) {
    start();
    const Fd socket = client();
    say(socket, "POST /v1/marks HTTP/1.1\r\nContent-Length: 11\r\n\r\n{\"mark\": 7}");
    say(socket, get_marks + get_marks_once);
    const std::string heard = hear(socket);
    EXPECT_EQ(heard.substr(0, 20), "HTTP/1.1 201 Created");
    EXPECT_NE(heard.find("Content-Type: application/json"), std::string::npos);
    const size_t second = heard.find("HTTP/1.1 200 OK");
    ASSERT_NE(second, std::string::npos);
    EXPECT_NE(heard.find("HTTP/1.1 200 OK", second + 1), std::string::npos);
    EXPECT_NE(heard.rfind("\"mark\": 7"), std::string::npos);
}

TEST_F(ApiServerTest, an_answer_without_a_body_ends_where_it_ends) {
    start();
    const Fd socket = client();
    say(socket, "POST /v1/marks HTTP/1.1\r\nContent-Length: 11\r\n\r\n{\"mark\": 7}");
    say(socket, "DELETE /v1/marks/1 HTTP/1.1\r\n\r\n" + get_marks_once);
    const std::string heard = hear(socket);
    EXPECT_NE(heard.find("HTTP/1.1 204 No Content"), std::string::npos);
    EXPECT_NE(heard.find("HTTP/1.1 200 OK"), std::string::npos);
}

TEST_F(ApiServerTest, a_refused_method_names_those_there_are) {
    start();
    const std::string heard = ask("PATCH /v1/marks HTTP/1.1\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(heard.substr(0, 12), "HTTP/1.1 405");
    EXPECT_NE(heard.find("Allow: GET, POST"), std::string::npos);
}

TEST_F(ApiServerTest, the_socket_is_for_root_alone_and_goes_with_the_server) {
    start();
    struct stat file {};
    ASSERT_EQ(stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0600u);
    stop();
    EXPECT_FALSE(std::filesystem::exists(path));
}

// Even if somebody opens the file to all.
TEST_F(ApiServerTest, others_are_told_that_they_may_not) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
    start();
    chmod(path.c_str(), 0666);
    chmod(folder_.c_str(), 0755);
    // For this thread alone, which libc's functions do not offer.
    ASSERT_EQ(syscall(SYS_setresuid, -1, 65534, -1), 0);
    const Fd nobody = client();
    ASSERT_EQ(syscall(SYS_setresuid, -1, 0, -1), 0);
    say(nobody, get_marks_once);
    const std::string heard = hear(nobody);
    EXPECT_EQ(heard.substr(0, 12), "HTTP/1.1 403");
    EXPECT_NE(heard.find("EPERM"), std::string::npos);
    expect_service();
}

TEST_F(ApiServerTest, a_second_director_is_refused) {
    start();
    Server second(io, director, path);
    const auto started = second.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, EADDRINUSE);
    expect_service();
}

TEST_F(ApiServerTest, garbage_is_answered_and_harms_nobody) {
    start();
    for (const std::string garbage :
         {"garbage\r\n\r\n", "GET /v1/marks\r\n\r\n", "GET /v1/marks HTTP/9.9\r\n\r\n",
          "POST /v1/marks HTTP/1.1\r\nContent-Length: many\r\n\r\n"}) {
        const std::string heard = ask(garbage);
        EXPECT_EQ(heard.substr(0, 12), "HTTP/1.1 400") << garbage << heard;
        EXPECT_NE(heard.find("EINVAL"), std::string::npos) << heard;
    }
    EXPECT_EQ(ask("GET /" + std::string(20000, 'a') + " HTTP/1.1\r\n\r\n").substr(0, 12),
              "HTTP/1.1 400");
    EXPECT_EQ(ask("GET /v1/\xff\xfe HTTP/1.1\r\nConnection: close\r\n\r\n").find("stalled"),
              std::string::npos);
    expect_service();
}

// The client is still sending when it is refused, and nevertheless reads why.
TEST_F(ApiServerTest, a_body_too_large_is_refused) {
    start();
    const std::string body(Server::longest_body + 1, ' ');
    const std::string length = std::to_string(body.size());
    EXPECT_EQ(ask("POST /v1/marks HTTP/1.1\r\nContent-Length: " + length + "\r\n\r\n" + body)
                  .substr(0, 12),
              "HTTP/1.1 413");
    expect_service();
}

TEST_F(ApiServerTest, a_body_without_end_is_refused) {
    start();
    const Fd socket = client();
    say(socket, "POST /v1/marks HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
    for (int i = 0; i < 20; ++i) send(socket.get(), chunk.data(), chunk.size(), MSG_NOSIGNAL);
    EXPECT_EQ(hear(socket).substr(0, 12), "HTTP/1.1 413");
    expect_service();
}

TEST_F(ApiServerTest, half_a_request_holds_nobody_up_and_is_given_up) {
    start(300ms);
    const Fd silent = client(), slow = client();
    say(slow, "POST /v1/marks HTTP/1.1\r\nContent-Length: 11\r\n\r\n{\"ma");
    expect_service();
    EXPECT_EQ(hear(silent), "");
    EXPECT_EQ(hear(slow), "");
    EXPECT_TRUE(director.mark_rules().empty());
    expect_service();
}

TEST_F(ApiServerTest, a_slow_client_in_time_is_served) {
    start();
    const Fd slow = client();
    for (const char c : get_marks_once) {
        say(slow, {c});
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(hear(slow).substr(0, 15), "HTTP/1.1 200 OK");
}

TEST_F(ApiServerTest, clients_that_do_not_read_are_given_up) {
    std::vector<model::MarkRule> many(1000);
    for (auto& rule : many) rule.mark = 1;
    ASSERT_TRUE(director.add_mark_rules(many));
    start(300ms);
    const Fd deaf = client();
    for (int i = 0; i < 50; ++i) say(deaf, get_marks);
    expect_service();
    std::this_thread::sleep_for(600ms);
    EXPECT_EQ(hear(deaf).find("stalled"), std::string::npos);
}

TEST_F(ApiServerTest, when_all_places_are_taken_the_first_gives_its_own) {
    start();
    std::vector<Fd> guests;
    for (size_t i = 0; i < Server::max_clients; ++i) guests.push_back(client());
    expect_service();
    EXPECT_EQ(hear(guests.front()), "");
    say(guests.back(), get_marks_once);
    EXPECT_EQ(hear(guests.back()).substr(0, 15), "HTTP/1.1 200 OK");
}

}  // namespace
}  // namespace turnout::api
