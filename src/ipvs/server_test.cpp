#include "ipvs/server.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "base/fd.hpp"
#include "base/unix_socket.hpp"
#include "ipvs/change_stream.hpp"
#include "ipvs/client.hpp"
#include "ipvs/testing.hpp"
#include "support/full_control.hpp"

namespace turnout::ipvs {
namespace {

model::AddService add(const model::ServiceKey& key) {
    model::AddService change;
    change.service.key = key;
    return change;
}

// A director at a path of its own, in a thread of its own.
struct ServerTest : testing::Test {
    ServerTest() {
        char folder[] = "/tmp/turnout-server-test-XXXXXX";
        folder_ = mkdtemp(folder);
        path = folder_ / "run" / "1.sock";
    }
    ~ServerTest() override {
        boost::asio::post(io, [&] { server.reset(); });
        if (thread.joinable()) thread.join();
        std::filesystem::remove_all(folder_);
    }
    void start() {
        server = std::make_unique<Server>(io, control, path);
        const auto started = server->start();
        ASSERT_TRUE(started) << started.error().message;
        thread = std::thread([this] { io.run(); });
    }
    Client client() {
        auto connected = Client::connect(path);
        EXPECT_TRUE(connected) << connected.error().message;
        return *std::move(connected);
    }
    // A client that knows no manners.
    Fd raw() const {
        Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET, 0));
        const auto address = unix_address(path);
        EXPECT_EQ(
            connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address),
            0);
        return socket;
    }

    std::filesystem::path folder_;
    std::string path;
    boost::asio::io_context io;
    test::FullControl control;
    std::unique_ptr<Server> server;
    std::thread thread;
};

using Services = std::vector<model::ServiceReport>;

// Of each service, in order.
std::vector<std::vector<model::ServerReport>> servers_of(Client& asking, const Services& services) {
    std::vector<std::vector<model::ServerReport>> all;
    const Status asked = asking.servers(services, [&](const auto& service, auto servers) {
        EXPECT_EQ(service.service.key, services[all.size()].service.key);
        all.push_back(std::move(servers));
    });
    EXPECT_TRUE(asked);
    return all;
}

TEST_F(ServerTest, client_and_server_understand_each_other) {
    start();
    Client asking = client();
    ASSERT_TRUE(asking.apply(add(web)));
    EXPECT_EQ(asking.apply(add(web)).error().code, EEXIST);
    model::AddServer add_server;
    add_server.service = web;
    add_server.server.key = {model::Address::ipv4(198, 51, 100, 1), 80};
    ASSERT_TRUE(asking.apply(add_server));

    EXPECT_EQ(asking.info()->connection_table_size, 4096u);
    EXPECT_EQ(asking.timeouts()->tcp_s, 900u);
    const auto services = asking.services();
    ASSERT_EQ(services->size(), 1u);
    EXPECT_EQ(asking.service(web)->service.key, web);
    ASSERT_EQ(servers_of(asking, *services).front().size(), 1u);
    EXPECT_EQ(servers_of(asking, *services).front().front().server, add_server.server);
    ASSERT_TRUE(asking.apply(model::RemoveAll{}));
    EXPECT_EQ(asking.service(web).error().code, ESRCH);
    EXPECT_TRUE(servers_of(asking, *services).front().empty());
    model::SyncDaemon daemon;
    daemon.interface = "eth0";
    ASSERT_TRUE(asking.apply(model::StartDaemon{daemon}));
    EXPECT_EQ(asking.apply(model::StartDaemon{daemon}).error().code, EEXIST);
    ASSERT_EQ(asking.daemons()->size(), 1u);
    EXPECT_EQ(*asking.daemons(), control.daemons());
    ASSERT_TRUE(asking.apply(model::StopDaemon{daemon.role}));
    EXPECT_TRUE(asking.daemons()->empty());
    std::string text;
    const auto take = [&](std::string_view lines) { text += lines; };
    EXPECT_EQ(asking.text("nosuch", take).error().code, ENOENT);
    EXPECT_TRUE(asking.text("ip_vs_conn", take));
    EXPECT_EQ(text.substr(0, 3), "Pro");
}

// More than a datagram holds; every third has none.
TEST_F(ServerTest, servers_of_many_services_come_with_the_service_they_belong_to) {
    start();
    Client asking = client();
    constexpr uint16_t count = 1000;
    for (uint16_t port = 1; port <= count; ++port) {
        model::ServiceKey key = web;
        key.port = port;
        ASSERT_TRUE(asking.apply(add(key)));
        model::AddServer made;
        made.service = key;
        made.server.key = {model::Address::ipv4(198, 51, 100, 1), port};
        if (port % 3) {
            ASSERT_TRUE(asking.apply(made));
        }
    }
    const auto services = asking.services();
    ASSERT_EQ(services->size(), count);
    const auto servers = servers_of(asking, *services);
    ASSERT_EQ(servers.size(), count);
    for (size_t i = 0; i < count; ++i) {
        const uint16_t port = (*services)[i].service.key.port;
        ASSERT_EQ(servers[i].size(), port % 3 ? 1u : 0u) << port;
        if (port % 3) {
            EXPECT_EQ(servers[i].front().server.key.port, port);
        }
    }
    EXPECT_EQ(asking.services()->size(), count) << "the next answer is to the next question";
}

using Refusals = std::vector<std::pair<size_t, int>>;

// More than a datagram holds, every tenth in vain.
TEST_F(ServerTest, changes_in_a_stream_are_all_done_and_refusals_told_in_order) {
    start();
    Client asking = client();
    Refusals told, expected;
    ChangeStream changes(
        asking, [&](size_t number, const Error& error) { told.emplace_back(number, error.code); });
    for (uint16_t number = 0; number < 1000; ++number) {
        const bool in_vain = number % 10 == 9;
        if (in_vain) expected.emplace_back(number, EEXIST);
        const auto port = static_cast<uint16_t>(number + (in_vain ? 0 : 1));
        changes.add(add({0, model::Protocol::udp, web.address, port}));
    }
    changes.finish();
    EXPECT_EQ(told, expected);
    EXPECT_EQ(asking.services()->size(), 900u);

    changes.add(add(web));
    changes.finish();
    changes.add(add(web));
    changes.finish();
    expected.emplace_back(1001, EEXIST);
    EXPECT_EQ(told, expected);
    changes.finish();
    EXPECT_EQ(asking.services()->size(), 901u);
}

TEST_F(ServerTest, a_director_that_goes_refuses_what_it_has_not_answered) {
    start();
    Client asking = client();
    Refusals told;
    ChangeStream changes(
        asking, [&](size_t number, const Error& error) { told.emplace_back(number, error.code); });
    changes.add(add(web));
    changes.finish();
    boost::asio::post(io, [&] { server.reset(); });
    thread.join();
    changes.add(add(web));
    changes.add(add(web));
    changes.finish();
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0].first, 1u);
    EXPECT_EQ(told[1].first, 2u);
    EXPECT_NE(told[1].second, 0);
}

TEST_F(ServerTest, long_lists_arrive_whole) {
    for (uint16_t port = 1; port <= 5000; ++port)
        ASSERT_TRUE(control.apply(add({0, model::Protocol::udp, web.address, port})));
    start();
    EXPECT_EQ(client().services()->size(), 5000u);
}

TEST_F(ServerTest, the_socket_is_for_root_alone_and_goes_with_the_server) {
    start();
    struct stat file {};
    ASSERT_EQ(stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0600u);
    boost::asio::post(io, [&] { server.reset(); });
    thread.join();
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ServerTest, without_a_director_the_cure_is_named) {
    const auto connected = Client::connect(path);
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().code, ENOENT);
    EXPECT_NE(connected.error().message.find("start turnoutd"), std::string::npos);
}

TEST_F(ServerTest, a_second_director_is_refused) {
    start();
    Server second(io, control, path);
    const auto started = second.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, EADDRINUSE);
    EXPECT_TRUE(client().info());
}

TEST_F(ServerTest, a_stale_socket_is_replaced) {
    std::filesystem::create_directories(folder_ / "run");
    {
        const Fd dead(::socket(AF_UNIX, SOCK_SEQPACKET, 0));
        const auto address = unix_address(path);
        ASSERT_EQ(bind(dead.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address),
                  0);
    }
    start();
    EXPECT_TRUE(client().info());
}

TEST_F(ServerTest, other_files_are_not_touched) {
    std::filesystem::create_directories(path);
    Server unlucky(io, control, path);
    EXPECT_FALSE(unlucky.start());
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(ServerTest, garbage_closes_its_sender_only) {
    start();
    Client polite = client();
    const Fd rude = raw();
    ASSERT_EQ(send(rude.get(), "garbage", 7, 0), 7);
    char byte;
    EXPECT_EQ(recv(rude.get(), &byte, 1, 0), 0);
    EXPECT_TRUE(polite.info());
}

// Clients which ask for much and read nothing take no place from others, and a server that is full
// of clients which do read says so.
TEST_F(ServerTest, clients_that_do_not_read_give_their_place) {
    for (uint16_t port = 1; port <= 600; ++port)
        ASSERT_TRUE(control.apply(add({0, model::Protocol::udp, web.address, port})));
    start();
    Writer to(family_id, NLM_F_REQUEST | NLM_F_DUMP, 1, 1);
    to.command(IPVS_CMD_GET_SERVICE, 1);
    const Bytes question = to.finish();
    std::vector<Fd> deaf;
    for (size_t i = 0; i < Server::max_clients; ++i) {
        deaf.push_back(raw());
        for (int more = 0; more < 3; ++more)
            send(deaf.back().get(), question.data(), question.size(), MSG_NOSIGNAL);
    }
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(client().info());
}

TEST_F(ServerTest, a_full_house_is_told) {
    start();
    std::vector<Client> guests;
    for (size_t i = 0; i < Server::max_clients; ++i) {
        guests.push_back(client());
        ASSERT_TRUE(guests.back().info());
    }
    EXPECT_EQ(client().info().error().code, EBUSY);
    guests.pop_back();
    EXPECT_TRUE(guests.front().info());
    EXPECT_TRUE(client().info());
}

}  // namespace
}  // namespace turnout::ipvs
