#include "preload/sockopt.hpp"

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "ipvs/protocol.hpp"
#include "preload/director.hpp"

namespace turnout::preload {
namespace {

constexpr int no_director = 1;

// More than any setsockopt of IPVS takes; a longer one is refused by its length alone.
constexpr size_t longest_argument = 128;

struct Request {
    nlmsghdr header;
    ipvs::SockoptCall call;
    uint8_t argument[longest_argument];
};

// The caller's buffer as it is filled.
struct Buffer {
    uint8_t* at;
    size_t room;

    static void take(void* to, const uint8_t* bytes, size_t length) {
        auto& buffer = *static_cast<Buffer*>(to);
        const size_t size = length < buffer.room ? length : buffer.room;
        memcpy(buffer.at, bytes, size);
        buffer.at += size;
        buffer.room -= size;
    }
};

// `known`: how many bytes of the argument are told to the director.
int call(int socket, const ipvs::SockoptCall& call, const void* argument, size_t known,
         Buffer& answer) {
    const int director = connect_to_director(namespace_of(socket));
    if (director < 0) return no_director;
    Request request{};
    const size_t length = offsetof(Request, argument) + known;
    request.header = {static_cast<uint32_t>(length), ipvs::sockopt_message,
                      NLM_F_REQUEST | NLM_F_ACK, 1, 0};
    request.call = call;
    if (known > 0) memcpy(request.argument, argument, known);
    const int error = ask(director, &request, length, ipvs::sockopt_message, Buffer::take, &answer);
    close(director);
    if (error == 0) return 0;
    errno = error;
    return -1;
}

}  // namespace

bool is_ipvs_option(int level, int option) {
    return level == IPPROTO_IP && option >= IP_VS_BASE_CTL && option <= IP_VS_SO_SET_MAX;
}

int get_from_director(int socket, int option, void* buffer, socklen_t* length) {
    Buffer answer{static_cast<uint8_t*>(buffer), *length};
    const size_t known = *length < ipvs::longest_sockopt_key ? *length : ipvs::longest_sockopt_key;
    const int done =
        call(socket, {static_cast<uint16_t>(option), 1, *length}, buffer, known, answer);
    // The kernel tells a length of this option alone.
    if (done == 0 && option == IP_VS_SO_GET_VERSION) *length -= static_cast<socklen_t>(answer.room);
    return done;
}

int set_at_director(int socket, int option, const void* buffer, socklen_t length) {
    Buffer answer{nullptr, 0};
    const size_t known = length < longest_argument ? length : longest_argument;
    return call(socket, {static_cast<uint16_t>(option), 0, length}, buffer, known, answer);
}

}  // namespace turnout::preload
