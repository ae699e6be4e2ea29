// What is remembered of an FTP control connection, beside its record: how far both directions have
// been read, and where the text of an address has been replaced by that of another.
//
// Numbers are TCP sequence numbers as their sender writes them, in host order.
#pragma once

#include <stdint.h>

#include "abi/address.hpp"

namespace turnout::abi {

// An IPv4 address as FTP writes it (RFC 959, section 4.1.2), with the comma before the port:
// "198,51,100,1,".  Of an IPv6 address it has none, and the length is 0.
struct AddressText {
    uint8_t byte[16];
    uint32_t length;
};

// The client's commands as they are read: see path/helpers/ftp_commands.hpp.
struct CommandReader {
    uint32_t next;      // number of the first byte that has not been read
    uint32_t value;     // of the number that is being read
    uint16_t group[8];  // of an IPv6 address
    uint16_t port;      // its high half
    uint8_t state;
    uint8_t index;       // letters of the verb so far, numbers of PORT, parts of an address
    uint8_t candidates;  // bits: the verbs it may become
    uint8_t digits;      // of the number that is being read
    uint8_t delimiter;   // of EPRT
    uint8_t gap;         // where "::" stands among the groups, from 1; 0: nowhere yet
    uint8_t colon;       // 1: the last character was one
    uint8_t pad_[3];
};
static_assert(sizeof(CommandReader) == 36);

// The server's replies: see path/helpers/ftp_replies.hpp.
struct ReplyReader {
    uint32_t next;
    uint32_t value;
    uint32_t address_at;  // number of the byte that an address begins with
    uint16_t port;        // its high half
    uint8_t state;
    uint8_t index;       // digits of the code so far, characters of the address, delimiters
    uint8_t candidates;  // bits: the addresses it may become
    uint8_t digits;
    uint8_t delimiter;
    uint8_t code;     // the last digit of the reply's
    uint8_t awaited;  // commands that a reply with a port may answer
    uint8_t pad_[3];
};
static_assert(sizeof(ReplyReader) == 24);

// The server's address in its reply, which its clients see as that of the service.
struct TextEdit {
    uint32_t at;      // number of the first byte that was replaced
    uint32_t before;  // what the edits before it add to the server's numbers
};
// Enough for those that a client may not have acknowledged yet: a power of two.
inline constexpr uint32_t edits_kept = 4;

struct FtpControl {
    AddressText server_text, virtual_text;
    CommandReader command;
    ReplyReader reply;
    TextEdit edit[edits_kept];  // the n-th of all is edit[n % edits_kept]
    uint32_t edits;             // how many there have been
    uint32_t acknowledged;      // number of the server's byte that the client wants next
    uint32_t expected;          // location of the record that waits for a data connection; 0: none
    uint16_t wanted_port;       // of the data connection that was agreed on last
    uint16_t wanted_actively;   // 1: the server is to open it, to the client's port
};
static_assert(sizeof(FtpControl) == 148);

// How many control connections are helped at a time.
inline constexpr uint32_t ftp_controls = 16384;
// A service may have FTP on so many ports (as with IPVS).
inline constexpr uint32_t ftp_ports = 8;

}  // namespace turnout::abi
