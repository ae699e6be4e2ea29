// Asks a director over its socket: what ipvsadm and turnout are built on.
//
// Blocking, one request at a time, but for the servers of many services (and many changes at once:
// change_stream.hpp).  An error carries the director's errno value and its words.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "ipvs/codec.hpp"
#include "model/change.hpp"
#include "model/report.hpp"

namespace turnout::ipvs {

class Client {
  public:
    // The director that listens at `path`.  ENOENT or ECONNREFUSED: none does; EACCES: not for us.
    static Result<Client> connect(const std::string& path);

    Status apply(const model::Change& change);

    Result<Info> info();
    Result<model::Timeouts> timeouts();
    Result<std::vector<model::ServiceReport>> services();
    Result<model::ServiceReport> service(const model::ServiceKey& key);
    // `take` gets each service with its servers, in order; none when there is no such service any
    // more.  Asked for by as many services at a time as fit a datagram.
    using TakeServers =
        std::function<void(const model::ServiceReport&, std::vector<model::ServerReport>)>;
    Status servers(std::span<const model::ServiceReport> services, const TakeServers& take);
    // A file of /proc/net, "ip_vs_conn": `take` gets its text as it comes in, in whole lines.
    Status text(const std::string& name, const std::function<void(std::string_view)>& take);
    Result<std::vector<model::SyncDaemon>> daemons();

  private:
    friend class ChangeStream;
    explicit Client(Fd socket) : socket_(std::move(socket)), buffer_(2 * max_datagram) {}

    void send(View datagram);
    // The next datagram, which lives until the next call; an error where none can come any more.
    Result<View> receive();

    Writer request(uint8_t command, uint16_t flags);
    // Sends one request; calls `take` with the payload of each message that answers it, without
    // the acknowledgement or the end of the list.
    template <class Take>
    Status ask(Writer request, Take take);
    // Reads the answers to several requests, numbered from `first` in the order they were sent.
    template <class Take>
    Status await(uint32_t first, size_t count, Take take);
    // The same for commands of the family: `take` gets the attributes.
    template <class Take>
    Status ask_attributes(Writer request, Take take);

    Fd socket_;
    Bytes buffer_;
    int send_error_ = 0;
    bool was_reset_ = false;
    uint32_t sequence_ = 0;
};

// Of the payload of an NLMSG_ERROR: what the director said beside the code (see flag_explain), or
// the code's own words.  Code 0: an acknowledgement.
Error read_refusal(View payload);

}  // namespace turnout::ipvs
