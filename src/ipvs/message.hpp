// Netlink messages as bytes: built attribute by attribute, read with every length checked.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ipvs/protocol.hpp"

namespace turnout::ipvs {

using Bytes = std::vector<uint8_t>;
using View = std::span<const uint8_t>;

// Messages and attributes start at multiples of four bytes.
constexpr size_t aligned(size_t length) {
    return (length + 3) & ~size_t{3};
}

// One message as found in a datagram; the views live as long as the datagram.
struct Message {
    nlmsghdr header;
    View payload;  // what follows the header
    View whole;    // header and payload, without padding
};

// Takes the first message off `rest`; nothing when what is there is not a whole message.
std::optional<Message> next_message(View& rest);

// Puts a message behind those of a datagram, if that does not grow beyond max_datagram by it;
// an empty one takes any.
bool append(Bytes& datagram, const Bytes& message);

// Builds one message.
class Writer {
  public:
    Writer(uint16_t type, uint16_t flags, uint32_t sequence, uint32_t port_id);

    void command(uint8_t command, uint8_t version);  // the generic netlink header
    void raw(View bytes);                            // as they are

    void u8(uint16_t type, uint8_t value) { number(type, value); }
    void u16(uint16_t type, uint16_t value) { number(type, value); }
    void u32(uint16_t type, uint32_t value) { number(type, value); }
    void u64(uint16_t type, uint64_t value) { number(type, value); }
    void be16(uint16_t type, uint16_t value);  // a host-order number, written in network order
    void text(uint16_t type, std::string_view value);  // with its NUL
    void bytes(uint16_t type, View value);

    // An attribute that holds those which `body` writes.
    template <class Body>
    void nest(uint16_t type, Body body) {
        const size_t start = begin(type);
        body();
        end(start);
    }

    Bytes finish();

  private:
    template <class Number>
    void number(uint16_t type, Number value) {
        bytes(type, {reinterpret_cast<const uint8_t*>(&value), sizeof value});
    }
    size_t begin(uint16_t type);
    void end(size_t start);

    Bytes message_;
};

// The attributes of one level, by type.  Types above `max_type` are skipped; of two alike the last
// counts, as in the kernel.
class Attributes {
  public:
    static constexpr size_t max_type = 15;

    // Nothing when a length does not fit.
    static std::optional<Attributes> parse(View bytes);

    bool has(uint16_t type) const { return values_[type].data() != nullptr; }
    View bytes(uint16_t type) const { return values_[type]; }

    // Nothing when the attribute is missing or too short.
    std::optional<uint8_t> u8(uint16_t type) const { return number<uint8_t>(type); }
    std::optional<uint16_t> u16(uint16_t type) const { return number<uint16_t>(type); }
    std::optional<uint32_t> u32(uint16_t type) const { return number<uint32_t>(type); }
    std::optional<uint64_t> u64(uint16_t type) const { return number<uint64_t>(type); }
    std::optional<uint16_t> be16(uint16_t type) const;  // as a host-order number
    // Nothing when there is no NUL in the first `longest` + 1 bytes.
    std::optional<std::string> text(uint16_t type, size_t longest) const;
    std::optional<Attributes> nest(uint16_t type) const;

  private:
    template <class Number>
    std::optional<Number> number(uint16_t type) const;

    std::array<View, max_type + 1> values_{};
};

}  // namespace turnout::ipvs
