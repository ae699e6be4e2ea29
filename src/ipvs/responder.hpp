// Answers IPVS requests from a director's Control: datagram in, datagrams out, no input or output.
//
// A datagram may hold several requests, as with netlink: they are done in order, each whether or
// not the one before was refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ipvs/message.hpp"
#include "model/control.hpp"

namespace turnout::ipvs {

class Responder {
  public:
    explicit Responder(model::Control& control) : control_(control) {}

    // The datagrams to send back first, in order, none above max_datagram except an error answer,
    // which repeats the request.  Empty: nothing asks for an answer, or this was not whole requests
    // and nothing of it is done; close the client.  `requests` must live until all is answered.
    //
    // Data and the acknowledgement (NLMSG_ERROR 0, when NLM_F_ACK asks) are datagrams of their own:
    // libnl drops what follows the first answer in one buffer.  A dump ends with NLMSG_DONE
    // instead.
    std::vector<Bytes> respond(View requests);
    // What follows when that much has been delivered: of a long answer, or for the next request;
    // empty when it was all.  A list of connections is made as it is read, so that it takes little
    // memory, and others are served meanwhile.
    std::vector<Bytes> more();

  private:
    // The file that is being told.
    struct Text {
        std::string name;
        uint32_t sequence, port;  // of the request
        uint32_t next_part;
    };

    std::vector<Bytes> answer(const Message& request);
    std::vector<Bytes> begin_text(const Message& request);
    std::vector<Bytes> more_text();

    model::Control& control_;
    View requests_;  // that are still to be answered
    std::optional<Text> text_;
};

// The answer "no" with an errno value, for a request that is not even read (nullptr), or for one
// that is: its header and bytes are repeated.
Bytes refusal(int code, const Message* request);

}  // namespace turnout::ipvs
