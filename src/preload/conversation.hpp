// Netlink sockets that speak with a director instead of the kernel.
//
// A program opens a generic netlink socket and asks for the family "IPVS"; with that question its
// socket is replaced, under the same descriptor, by one that is connected with the director.  From
// then on the two must look alike: addresses are netlink addresses, sends never fail, and where the
// director has gone away, the answer is an error message (EAGAIN), for libnl's users take a failed
// send for success and the end of a stream for a reason to read again.  The next send looks for the
// director anew.
#pragma once

#include <linux/netlink.h>
#include <stdint.h>
#include <sys/socket.h>

namespace turnout::preload {

struct Conversation {
    uint64_t inode;      // of the socket; whatever descriptors it has
    uint64_t cookie;     // of the network namespace that the program's own socket was in
    uint32_t port;       // that socket's netlink address
    nlmsghdr request;    // the last one
    bool awaits_answer;  // it has not been answered wholly
};

// The conversation behind a descriptor; nullptr: it is any other.
Conversation* conversation_of(int fd);

// If the message asks for the family "IPVS" on a generic netlink socket, and there is a director in
// that socket's network namespace: replaces the socket.  nullptr: the kernel is to be asked.
Conversation* begin_conversation(int fd, const msghdr& message);

// As sendmsg and recvmsg.
ssize_t send_to_director(int fd, Conversation& conversation, const msghdr& message, int flags);
ssize_t receive_from_director(int fd, Conversation& conversation, msghdr& message, int flags);

// Fills in a netlink address as getsockname, getpeername and recvfrom do.
void tell_address(uint32_t port, sockaddr* to, socklen_t* length);

}  // namespace turnout::preload
