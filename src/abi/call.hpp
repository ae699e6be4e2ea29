// A SIP call, by which persistence may bind (`--pe sip`).
#pragma once

#include <stdint.h>

#include "abi/address.hpp"

namespace turnout::abi {

inline constexpr uint32_t longest_call = 255;

// The value of a Call-ID header; zeros behind it.
struct Call {
    char text[256];
    uint32_t length;  // 0: none
    uint32_t pad_;
};
static_assert(sizeof(Call) == 264);

// Whose call a template is, for those who list it: its tuple holds but a hash of both.  Key: the
// template's location.
struct NamedCall {
    Address client;  // masked
    Call call;
};
static_assert(sizeof(NamedCall) == 280);
inline constexpr uint32_t named_calls = 16384;  // the oldest give way

}  // namespace turnout::abi
