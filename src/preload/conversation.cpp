#include "preload/conversation.hpp"

#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipvs/protocol.hpp"
#include "preload/director.hpp"
#include "preload/next.hpp"
#include "preload/scattered.hpp"

namespace turnout::preload {
namespace {

constexpr int patience_ms = 60000;

// The conversations of this process, the latest in the place of the earliest.  A program that
// closes a socket does not tell us: what is here need not exist any more, and is never looked at
// again.
constexpr uint32_t most_conversations = 256;
Conversation conversations[most_conversations];
uint32_t begun;

uint64_t inode_of(int fd) {
    struct stat file;
    return fstat(fd, &file) == 0 && S_ISSOCK(file.st_mode) ? file.st_ino : 0;
}

Conversation* note(const Conversation& conversation) {
    const uint32_t number = __atomic_fetch_add(&begun, 1, __ATOMIC_RELAXED);
    Conversation& place = conversations[number % most_conversations];
    place = conversation;
    return &place;
}

// A socket that we have lost sight of, by its peer.
Conversation* recognised(int fd, uint64_t inode) {
    sockaddr_un peer{};
    socklen_t length = sizeof peer - 1;
    if (next::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) != 0) return nullptr;
    constexpr size_t folder = sizeof ipvs::socket_folder - 1;
    if (peer.sun_family != AF_UNIX || strncmp(peer.sun_path, ipvs::socket_folder, folder) != 0)
        return nullptr;
    char* end = nullptr;
    const uint64_t cookie = strtoull(peer.sun_path + folder, &end, 10);
    if (cookie == 0 || strcmp(end, ipvs::socket_suffix) != 0) return nullptr;
    return note({inode, cookie, static_cast<uint32_t>(getpid()), {}, false});
}

int option_of(int fd, int option) {
    int value = -1;
    socklen_t length = sizeof value;
    next::getsockopt(fd, SOL_SOCKET, option, &value, &length);
    return value;
}

bool is_generic_netlink(int fd) {
    return option_of(fd, SO_DOMAIN) == AF_NETLINK && option_of(fd, SO_PROTOCOL) == NETLINK_GENERIC;
}

// CTRL_CMD_GETFAMILY with the attribute CTRL_ATTR_FAMILY_NAME "IPVS".
bool asks_for_ipvs(const msghdr& message) {
    uint8_t bytes[256];
    const size_t length = copy_out(message, 0, bytes, sizeof bytes);
    nlmsghdr header;
    genlmsghdr command;
    if (length < sizeof header + sizeof command) return false;
    memcpy(&header, bytes, sizeof header);
    memcpy(&command, bytes + sizeof header, sizeof command);
    if (header.nlmsg_type != GENL_ID_CTRL || command.cmd != CTRL_CMD_GETFAMILY) return false;
    constexpr size_t name_size = sizeof IPVS_GENL_NAME;
    nlattr attribute;
    for (size_t at = sizeof header + sizeof command; at + sizeof attribute <= length;
         at += NLA_ALIGN(attribute.nla_len)) {
        memcpy(&attribute, bytes + at, sizeof attribute);
        if (attribute.nla_len < sizeof attribute || at + attribute.nla_len > length) return false;
        if (attribute.nla_type == CTRL_ATTR_FAMILY_NAME &&
            attribute.nla_len == sizeof attribute + name_size &&
            memcmp(bytes + at + sizeof attribute, IPVS_GENL_NAME, name_size) == 0)
            return true;
    }
    return false;
}

// Puts a new connection with the director under the descriptor, which keeps its flags.
bool replace_socket(int fd, uint64_t cookie) {
    const int director = connect_to_director(cookie);
    if (director < 0) return false;
    const int status = fcntl(fd, F_GETFL);
    if (status >= 0 && status & O_NONBLOCK) fcntl(director, F_SETFL, O_RDWR | O_NONBLOCK);
    const int descriptor = fcntl(fd, F_GETFD);
    const bool closed_by_exec = descriptor >= 0 && descriptor & FD_CLOEXEC;
    const bool replaced = dup3(director, fd, closed_by_exec ? O_CLOEXEC : 0) >= 0;
    close(director);
    return replaced;
}

bool reconnect(int fd, Conversation& conversation) {
    if (!replace_socket(fd, conversation.cookie)) return false;
    conversation.inode = inode_of(fd);
    return true;
}

bool is_non_blocking(int fd, int flags) {
    return flags & MSG_DONTWAIT || fcntl(fd, F_GETFL) & O_NONBLOCK;
}

// One datagram, whatever it takes but a minute; false: it cannot be sent.
bool send_once(int fd, const msghdr& message) {
    while (next::sendmsg(fd, &message, MSG_NOSIGNAL) < 0) {
        if (errno == EINTR) continue;
        pollfd room{fd, POLLOUT, 0};
        if (errno != EAGAIN || !is_non_blocking(fd, 0) || poll(&room, 1, patience_ms) <= 0)
            return false;
    }
    return true;
}

// Ends the answer, so that a poll says that there is something to read.
void give_up(int fd) {
    shutdown(fd, SHUT_RDWR);
}

// Takes note of what ends an answer in a datagram of `length` bytes.  A refusal that was sent
// before a request was read is made one of the request.
void look_through(Conversation& conversation, const msghdr& message, size_t length, bool peeked) {
    nlmsghdr header{};
    for (size_t at = 0; at + sizeof header <= length; at += NLMSG_ALIGN(header.nlmsg_len)) {
        copy_out(message, at, &header, sizeof header);
        if (header.nlmsg_len < sizeof header) return;
        const bool is_end = header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE;
        if (is_end && header.nlmsg_seq == 0) {
            header.nlmsg_seq = conversation.request.nlmsg_seq;
            header.nlmsg_pid = conversation.request.nlmsg_pid;
            copy_in(message, at, &header, sizeof header);
        }
        if (is_end && !peeked && header.nlmsg_seq == conversation.request.nlmsg_seq)
            conversation.awaits_answer = false;
    }
}

// Does a failed receive mean that the director is gone?  On a socket that blocks, EAGAIN is the end
// of our patience.
bool is_the_end(int error, bool non_blocking) {
    return error == ECONNRESET || error == ENOTCONN || error == EPIPE ||
           (error == EAGAIN && !non_blocking);
}

// The director is gone: what an error of the kernel would look like.
ssize_t answer_for_it(Conversation& conversation, msghdr& message, int flags) {
    if (!conversation.awaits_answer) {
        errno = EAGAIN;
        return -1;
    }
    struct {
        nlmsghdr header;
        nlmsgerr error;
    } answer{};
    answer.header = {sizeof answer, NLMSG_ERROR, NLM_F_CAPPED, conversation.request.nlmsg_seq,
                     conversation.request.nlmsg_pid};
    answer.error = {-EAGAIN, conversation.request};
    const size_t copied = copy_in(message, 0, &answer, sizeof answer);
    message.msg_flags = copied < sizeof answer ? MSG_TRUNC : 0;
    message.msg_controllen = 0;
    if (!(flags & MSG_PEEK)) conversation.awaits_answer = false;
    return static_cast<ssize_t>(flags & MSG_TRUNC ? sizeof answer : copied);
}

}  // namespace

Conversation* conversation_of(int fd) {
    const uint32_t number = __atomic_load_n(&begun, __ATOMIC_RELAXED);
    if (number == 0) return nullptr;
    const uint64_t inode = inode_of(fd);
    if (inode == 0) return nullptr;
    for (Conversation& conversation : conversations)
        if (conversation.inode == inode) return &conversation;
    return recognised(fd, inode);
}

Conversation* begin_conversation(int fd, const msghdr& message) {
    if (!asks_for_ipvs(message) || !is_generic_netlink(fd)) return nullptr;
    sockaddr_nl own{};
    socklen_t length = sizeof own;
    next::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length);
    const uint64_t cookie = namespace_of(fd);
    if (!replace_socket(fd, cookie)) return nullptr;
    return note({inode_of(fd), cookie, own.nl_pid, {}, false});
}

ssize_t send_to_director(int fd, Conversation& conversation, const msghdr& message, int) {
    msghdr nameless = message;
    nameless.msg_name = nullptr;
    nameless.msg_namelen = 0;
    if (copy_out(message, 0, &conversation.request, sizeof conversation.request) ==
        sizeof conversation.request)
        conversation.awaits_answer = true;
    const bool sent =
        send_once(fd, nameless) || (reconnect(fd, conversation) && send_once(fd, nameless));
    if (!sent) give_up(fd);
    return static_cast<ssize_t>(total(message));
}

ssize_t receive_from_director(int fd, Conversation& conversation, msghdr& message, int flags) {
    msghdr nameless = message;
    nameless.msg_name = nullptr;
    nameless.msg_namelen = 0;
    ssize_t got = next::recvmsg(fd, &nameless, flags);
    // A reset is told once, before what had been answered.
    if (got < 0 && errno == ECONNRESET) got = next::recvmsg(fd, &nameless, flags);
    if (got < 0 && !is_the_end(errno, is_non_blocking(fd, flags))) return got;
    if (got <= 0) {
        give_up(fd);
        got = answer_for_it(conversation, nameless, flags);
        if (got < 0) return got;
    } else {
        const size_t room = total(message);
        const size_t length = static_cast<size_t>(got) < room ? static_cast<size_t>(got) : room;
        look_through(conversation, nameless, length, flags & MSG_PEEK);
    }
    message.msg_controllen = nameless.msg_controllen;
    message.msg_flags = nameless.msg_flags;
    if (message.msg_name)
        tell_address(0, static_cast<sockaddr*>(message.msg_name), &message.msg_namelen);
    return got;
}

void tell_address(uint32_t port, sockaddr* to, socklen_t* length) {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_pid = port;
    memcpy(to, &address, *length < sizeof address ? *length : sizeof address);
    *length = sizeof address;
}

}  // namespace turnout::preload
