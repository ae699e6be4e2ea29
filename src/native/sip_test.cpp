// The Call-ID of SIP packets: what counts as one, and what does not.
#include "path/helpers/sip.hpp"

#include <gtest/gtest.h>

#include <string>

namespace turnout::native {
namespace {

struct Payload {
    std::string text;

    uint32_t length() const { return static_cast<uint32_t>(text.size()); }
    bool byte(uint32_t offset, uint8_t& c) const {
        if (offset >= text.size()) return false;
        c = static_cast<uint8_t>(text[offset]);
        return true;
    }
    template <class Context, class Body>
    void each(uint32_t count, Context* context, Body body) const {
        for (uint32_t i = 0; i < count; ++i)
            if (body(i, context)) return;
    }
};

// The call of a payload; "" when it has none.
std::string call_of(const std::string& text) {
    Payload payload{text};
    Opening opening{};
    sip::read_call(payload, 0, opening);
    return {opening.call.call.text, opening.call.call.length};
}

const std::string first_line = "INVITE sip:bob@example.com SIP/2.0\r\n";

TEST(SipCall, stands_in_its_header) {
    EXPECT_EQ(call_of(first_line + "Call-ID: a84b4c76@pc33.example.com\r\n\r\n"),
              "a84b4c76@pc33.example.com");
    EXPECT_EQ(call_of(first_line + "Via: x\r\nCALL-id:abc\r\nTo: y\r\n\r\n"), "abc");
    EXPECT_EQ(call_of(first_line + "Call-ID\t :  abc\n"), "abc");
}

TEST(SipCall, may_be_written_in_compact_form) {
    EXPECT_EQ(call_of(first_line + "i: abc@d\r\n"), "abc@d");
    EXPECT_EQ(call_of(first_line + "I:abc\r\n"), "abc");
    EXPECT_EQ(call_of(first_line + "info: abc\r\n"), "");
}

TEST(SipCall, begins_a_line) {
    EXPECT_EQ(call_of("Call-ID: abc\r\n\r\n"), "") << "the first line is the request";
    EXPECT_EQ(call_of(first_line + "X-Call-ID: abc\r\n"), "");
    EXPECT_EQ(call_of(first_line + "Subject: x\r\n Call-ID: abc\r\n"), "") << "a folded line";
    EXPECT_EQ(call_of(first_line + "Cal\r\nCall-ID: abc\r\n"), "abc");
}

TEST(SipCall, value_may_be_folded) {
    EXPECT_EQ(call_of(first_line + "Call-ID:\r\n abc\r\n"), "abc");
    EXPECT_EQ(call_of(first_line + "Call-ID:\n\tabc\r\n"), "abc");
    EXPECT_EQ(call_of(first_line + "Call-ID:\r\nabc\r\n"), "");
}

TEST(SipCall, ends_with_its_line) {
    EXPECT_EQ(call_of(first_line + "Call-ID: abc"), "") << "cut";
    EXPECT_EQ(call_of(first_line + "Call-ID: abc def\r\n"), "");
    EXPECT_EQ(call_of(first_line + "Call-ID: a@b@c\r\n"), "");
    EXPECT_EQ(call_of(first_line + "Call-ID: abc@\r\ni: def\r\n"), "def") << "no domain";
    EXPECT_EQ(call_of(first_line + "Call-ID: \x01\r\ni: def\r\n"), "def") << "no value";
}

TEST(SipCall, has_at_most_255_characters) {
    EXPECT_EQ(call_of(first_line + "i: " + std::string(255, 'x') + "\r\n"), std::string(255, 'x'));
    EXPECT_EQ(call_of(first_line + "i: " + std::string(256, 'x') + "\r\n"), "");
    EXPECT_EQ(call_of(""), "");
    EXPECT_EQ(call_of("\r"), "");
}

TEST(SipCall, hashes_differ_between_calls) {
    const auto hash_of = [](const std::string& call) {
        Payload payload{first_line + "i: " + call + "\r\n"};
        Opening opening{};
        sip::read_call(payload, 0, opening);
        return std::pair(opening.call_hash[0], opening.call_hash[1]);
    };
    EXPECT_EQ(hash_of("abc"), hash_of("abc"));
    EXPECT_NE(hash_of("abc").first, hash_of("abd").first);
    EXPECT_NE(hash_of("abc").second, hash_of("ab").second);
}

}  // namespace
}  // namespace turnout::native
