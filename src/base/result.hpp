// What a fallible function returns: a value, or an Error that names the thing and the cure.
//
// Recoverable errors (bad input, a missing interface, a refused system call) are values of this
// type.  Broken invariants are not errors but bugs: they stop the program (see panic.hpp).
#pragma once

#include <cstring>
#include <expected>
#include <string>
#include <utility>

namespace turnout {

struct Error {
    int code = 0;         // an errno value: what a tool maps to its exit status or protocol answer
    std::string message;  // one line for a person, without a trailing full stop
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

// An error with the given errno value and text.
inline std::unexpected<Error> fail(int code, std::string message) {
    return std::unexpected(Error{code, std::move(message)});
}

// An error from a failed system call: "what: strerror(code)".
inline std::unexpected<Error> fail_errno(int code, const std::string& what) {
    return fail(code, what + ": " + std::strerror(code));
}

}  // namespace turnout
