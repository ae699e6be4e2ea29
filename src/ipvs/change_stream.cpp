#include "ipvs/change_stream.hpp"

#include <cstring>

#include "ipvs/change_codec.hpp"

namespace turnout::ipvs {

void ChangeStream::add(const model::Change& change) {
    // Its number is the message's sequence number, by which answers tell what they are about.
    Writer to(family_id, NLM_F_REQUEST | flag_explain, static_cast<uint32_t>(added_), 0);
    put_change(to, change);
    const Bytes message = to.finish();
    if (!append(datagram_, message)) {
        send();
        append(datagram_, message);
    }
    last_ = datagram_.size() - message.size();
    ++added_;
}

void ChangeStream::finish() {
    if (sent_ < added_) send();
    await();
}

void ChangeStream::send() {
    await();
    nlmsghdr header;
    std::memcpy(&header, &datagram_[last_], sizeof header);
    header.nlmsg_flags |= NLM_F_ACK;
    std::memcpy(&datagram_[last_], &header, sizeof header);
    client_.send(datagram_);
    datagram_.clear();
    sent_ = added_;
}

void ChangeStream::await() {
    while (answered_ < sent_) {
        const auto got = client_.receive();
        if (got) take(*got);
        while (!got && answered_ < sent_) refused_(answered_++, got.error());
    }
}

void ChangeStream::take(View answers) {
    while (const auto message = next_message(answers)) {
        const size_t after = answered_ + ((message->header.nlmsg_seq - answered_) & UINT32_MAX);
        if (message->header.nlmsg_type != NLMSG_ERROR || after >= sent_) continue;
        const Error error = read_refusal(message->payload);
        if (error.code != 0) refused_(after, error);
        answered_ = after + 1;
    }
}

}  // namespace turnout::ipvs
