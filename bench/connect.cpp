// Clients and a server that do nothing but connect, and say one byte to each other.
//
//   bench_connect serve PORT                       until it is ended
//   bench_connect begin ADDRESS PORT SECONDS       new connections a second, of 16 clients at a
//   time bench_connect ask ADDRESS PORT COUNT           over one connection: microseconds of an
//   exchange,
//                                                  of half, of 99 %, of 99.9 % at most
//
// The server closes what began with a 'c', so that the client's port is free at once.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int parallel = 16;
constexpr char close_it = 'c', go_on = 'g';

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "bench_connect: %s: %s\n", what, std::strerror(errno));
    std::exit(1);
}

sockaddr_in address_of(const char* address, const char* port) {
    sockaddr_in made{};
    made.sin_family = AF_INET;
    made.sin_port = htons(static_cast<uint16_t>(std::atoi(port)));
    if (inet_pton(AF_INET, address, &made.sin_addr) != 1) give_up(address);
    return made;
}

const sockaddr* generic(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

int connected(const sockaddr_in& to) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval patience{5, 0};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(socket, generic(to), sizeof to) != 0) give_up("connect");
    return socket;
}

bool exchange(int socket, char byte) {
    return write(socket, &byte, 1) == 1 && read(socket, &byte, 1) == 1;
}

void answer(int listener) {
    for (;;) {
        const int socket = accept(listener, nullptr, nullptr);
        if (socket < 0) continue;
        const int on = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        char byte = 0;
        while (read(socket, &byte, 1) == 1 && write(socket, &byte, 1) == 1 && byte != close_it) {
        }
        close(socket);
    }
}

void serve(const char* port) {
    const sockaddr_in here = address_of("0.0.0.0", port);
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, generic(here), sizeof here) != 0 || listen(listener, 4096) != 0)
        give_up("listen");
    std::vector<std::thread> threads;
    for (int i = 0; i < 2 * parallel; ++i) threads.emplace_back(answer, listener);
    for (std::thread& thread : threads) thread.join();
}

void begin_connections(const sockaddr_in& to, int seconds) {
    std::atomic<int> made = 0;
    const auto end = Clock::now() + std::chrono::seconds(seconds);
    std::vector<std::thread> threads;
    for (int i = 0; i < parallel; ++i)
        threads.emplace_back([&] {
            while (Clock::now() < end) {
                const int socket = connected(to);
                char byte = 0;
                if (!exchange(socket, close_it) || read(socket, &byte, 1) != 0)
                    give_up("no answer, or no end");
                close(socket);
                ++made;
            }
        });
    for (std::thread& thread : threads) thread.join();
    std::printf("%d\n", made / seconds);
}

void ask(const sockaddr_in& to, size_t count) {
    const int socket = connected(to);
    std::vector<double> times(count);
    for (double& time : times) {
        const auto begin = Clock::now();
        if (!exchange(socket, go_on)) give_up("no answer");
        time = std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
    }
    std::sort(times.begin(), times.end());
    std::printf("%.1f %.1f %.1f\n", times[count / 2], times[count * 99 / 100],
                times[count * 999 / 1000]);
}

}  // namespace

int main(int count, char** arguments) {
    const std::string what = count > 1 ? arguments[1] : "";
    if (what == "serve" && count == 3)
        serve(arguments[2]);
    else if (what == "begin" && count == 5)
        begin_connections(address_of(arguments[2], arguments[3]), std::atoi(arguments[4]));
    else if (what == "ask" && count == 5)
        ask(address_of(arguments[2], arguments[3]), static_cast<size_t>(std::atoi(arguments[4])));
    else
        give_up("serve PORT, begin ADDRESS PORT SECONDS or ask ADDRESS PORT COUNT");
}
