// Ends idle connections as their services want it: hears from the sweeper which are about to
// expire, and sends a RST to both ends.
//
// The client's goes by the kernel's routing, from the virtual address.  The server's is put on its
// way as this machine's own packet, so that it meets the complete lane at tc egress and reaches the
// server like any other packet of that client, whatever the forwarding method; the connection's
// state follows it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "abi/rows.hpp"
#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

struct ring_buffer;

namespace turnout::kernel {

class Endings {
  public:
    // `ring`: the table abi::map::endings.  `interfaces`: the rows of those that are served; both
    // outlive this.
    static Result<std::unique_ptr<Endings>> open(int ring,
                                                 std::span<const abi::Interface> interfaces,
                                                 Clock clock);
    ~Endings();

    // Becomes readable when connections are about to expire.
    int fd() const;
    // Sends what is to be sent, without blocking; a packet that the kernel refuses is lost.
    void send_resets();

  private:
    Endings(std::span<const abi::Interface> interfaces, Clock clock);
    Status open_sockets();
    static int take(void* self, void* data, size_t size);
    void send(const abi::Ending& ending) const;
    void send_to_client(const abi::Ending& ending) const;
    void send_to_server(const abi::Ending& ending) const;

    std::span<const abi::Interface> interfaces_;
    Clock clock_;
    Fd frames_, ipv4_, ipv6_;
    ring_buffer* ring_ = nullptr;
};

}  // namespace turnout::kernel
