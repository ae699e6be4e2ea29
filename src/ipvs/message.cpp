#include "ipvs/message.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace turnout::ipvs {
namespace {

// The type without the flags "nested" and "network byte order".
constexpr uint16_t type_mask = 0x3fff;

}  // namespace

std::optional<Message> next_message(View& rest) {
    Message message{};
    if (rest.size() < sizeof message.header) return std::nullopt;
    std::memcpy(&message.header, rest.data(), sizeof message.header);
    const size_t length = message.header.nlmsg_len;
    if (length < sizeof message.header || length > rest.size()) return std::nullopt;
    message.whole = rest.first(length);
    message.payload = message.whole.subspan(sizeof message.header);
    rest = rest.subspan(std::min(aligned(length), rest.size()));
    return message;
}

bool append(Bytes& datagram, const Bytes& message) {
    const size_t begin = aligned(datagram.size());
    if (begin != 0 && begin + message.size() > max_datagram) return false;
    datagram.resize(begin);
    datagram.insert(datagram.end(), message.begin(), message.end());
    return true;
}

Writer::Writer(uint16_t type, uint16_t flags, uint32_t sequence, uint32_t port_id)
    : message_(sizeof(nlmsghdr)) {
    const nlmsghdr header{0, type, flags, sequence, port_id};
    std::memcpy(message_.data(), &header, sizeof header);
}

void Writer::command(uint8_t command, uint8_t version) {
    const genlmsghdr header{command, version, 0};
    raw({reinterpret_cast<const uint8_t*>(&header), sizeof header});
}

void Writer::raw(View bytes) {
    message_.insert(message_.end(), bytes.begin(), bytes.end());
}

void Writer::be16(uint16_t type, uint16_t value) {
    number(type, htons(value));
}

void Writer::text(uint16_t type, std::string_view value) {
    const size_t start = begin(type);
    message_.insert(message_.end(), value.begin(), value.end());
    message_.push_back(0);
    end(start);
}

void Writer::bytes(uint16_t type, View value) {
    const size_t start = begin(type);
    message_.insert(message_.end(), value.begin(), value.end());
    end(start);
}

size_t Writer::begin(uint16_t type) {
    const size_t start = aligned(message_.size());
    message_.resize(start);
    const nlattr header{0, type};
    raw({reinterpret_cast<const uint8_t*>(&header), sizeof header});
    return start;
}

void Writer::end(size_t start) {
    const auto length = static_cast<uint16_t>(message_.size() - start);
    std::memcpy(&message_[start + offsetof(nlattr, nla_len)], &length, sizeof length);
    message_.resize(aligned(message_.size()));
}

Bytes Writer::finish() {
    const auto length = static_cast<uint32_t>(message_.size());
    std::memcpy(message_.data(), &length, sizeof length);
    return std::move(message_);
}

std::optional<Attributes> Attributes::parse(View rest) {
    Attributes attributes;
    while (!rest.empty()) {
        nlattr header;
        if (rest.size() < sizeof header) return std::nullopt;
        std::memcpy(&header, rest.data(), sizeof header);
        if (header.nla_len < sizeof header || header.nla_len > rest.size()) return std::nullopt;
        const uint16_t type = header.nla_type & type_mask;
        if (type <= max_type)
            attributes.values_[type] = rest.subspan(sizeof header, header.nla_len - sizeof header);
        rest = rest.subspan(std::min(aligned(header.nla_len), rest.size()));
    }
    return attributes;
}

template <class Number>
std::optional<Number> Attributes::number(uint16_t type) const {
    Number value;
    if (values_[type].size() < sizeof value) return std::nullopt;
    std::memcpy(&value, values_[type].data(), sizeof value);
    return value;
}

template std::optional<uint8_t> Attributes::number(uint16_t) const;
template std::optional<uint16_t> Attributes::number(uint16_t) const;
template std::optional<uint32_t> Attributes::number(uint16_t) const;
template std::optional<uint64_t> Attributes::number(uint16_t) const;

std::optional<uint16_t> Attributes::be16(uint16_t type) const {
    const auto value = u16(type);
    return value ? std::optional(ntohs(*value)) : std::nullopt;
}

std::optional<std::string> Attributes::text(uint16_t type, size_t longest) const {
    const View value = values_[type];
    const View looked_at = value.first(std::min(value.size(), longest + 1));
    const auto end = std::find(looked_at.begin(), looked_at.end(), 0);
    if (end == looked_at.end()) return std::nullopt;
    return std::string(looked_at.begin(), end);
}

std::optional<Attributes> Attributes::nest(uint16_t type) const {
    if (!has(type)) return std::nullopt;
    return parse(values_[type]);
}

}  // namespace turnout::ipvs
