// Two streams in one: an FTP server's replies as it sends them, and as its clients get them, with
// the server's address in replies to PASV replaced by the service's.
//
// The text of the service's address leaves with the last byte of the server's; the bytes before
// that are left out.  So every byte of either stream has its place in the other, however the server
// cuts its replies into segments, and however often it sends them.
#pragma once

#include <stdint.h>

#include "abi/ftp_control.hpp"
#include "path/opening.hpp"
#include "wire/inline.hpp"

namespace turnout::ftp {

// Sequence numbers wrap (RFC 9293, section 3.4).
TURNOUT_INLINE bool is_behind(uint32_t number, uint32_t other) {
    return static_cast<int32_t>(number - other) > 0;
}

TURNOUT_INLINE const abi::TextEdit& edit_of(const abi::FtpControl& control, uint32_t number) {
    return control.edit[number & (abi::edits_kept - 1)];
}

// What one edit adds to the numbers of all that follows.
TURNOUT_INLINE uint32_t growth(const abi::FtpControl& control) {
    return control.virtual_text.length - control.server_text.length;
}

// What all edits add.
TURNOUT_INLINE uint32_t total_growth(const abi::FtpControl& control) {
    return control.edits ? edit_of(control, control.edits - 1).before + growth(control) : 0;
}

// May another edit be noted?  Not while the client may still miss what the oldest one kept is for.
TURNOUT_INLINE bool has_room_for_edit(const abi::FtpControl& control) {
    if (control.edits < abi::edits_kept) return true;
    const abi::TextEdit& oldest = edit_of(control, control.edits);
    return is_behind(control.acknowledged, oldest.at);
}

TURNOUT_INLINE void note_edit(abi::FtpControl& control, uint32_t at) {
    const uint32_t before = total_growth(control);
    abi::TextEdit& edit = control.edit[control.edits & (abi::edits_kept - 1)];
    edit.at = at;
    edit.before = before;
    control.edits += 1;
}

// The client's number for the server's byte.
TURNOUT_INLINE uint32_t for_client(const abi::FtpControl& control, uint32_t number) {
    uint32_t added = total_growth(control);
    for (uint32_t back = 1; back <= abi::edits_kept && back <= control.edits; ++back) {
        const abi::TextEdit& edit = edit_of(control, control.edits - back);
        if (is_behind(number, edit.at)) {
            const bool inside = number - edit.at < control.server_text.length;
            return inside ? edit.at + edit.before : number + edit.before + growth(control);
        }
        added = edit.before;
    }
    return number + added;
}

// The server's number for what the client acknowledges.
TURNOUT_INLINE uint32_t for_server(const abi::FtpControl& control, uint32_t number) {
    uint32_t added = total_growth(control);
    for (uint32_t back = 1; back <= abi::edits_kept && back <= control.edits; ++back) {
        const abi::TextEdit& edit = edit_of(control, control.edits - back);
        const uint32_t begin = edit.at + edit.before;
        if (is_behind(number, begin)) {
            const bool inside = number - begin < control.virtual_text.length;
            return inside ? edit.at : number - edit.before - growth(control);
        }
        added = edit.before;
    }
    return number - added;
}

// A segment of the server's: [begin, end).
struct Span {
    uint32_t begin, end;
};

// What of the span [from, from + length) is in the segment.
TURNOUT_INLINE Span common(const Span& segment, uint32_t from, uint32_t length) {
    const uint32_t to = from + length;
    return {is_behind(from, segment.begin) ? from : segment.begin,
            is_behind(segment.end, to) ? to : segment.end};
}

TURNOUT_INLINE void add_splice(Opening& room, const Span& segment, const Span& removed,
                               uint32_t inserted, bool virtual_one) {
    if (room.splices >= most_splices) return;
    Splice& splice = room.splice[room.splices];
    splice.offset = removed.begin - segment.begin;
    splice.removed = removed.end - removed.begin;
    splice.inserted = inserted;
    splice.virtual_one = virtual_one;
    room.splices += 1;
}

// The part of the segment that stands where the server's text stood in an edit.
TURNOUT_INLINE void splice_edit(const abi::FtpControl& control, const Span& segment,
                                const abi::TextEdit& edit, Opening& room) {
    const uint32_t length = control.server_text.length;
    const Span part = common(segment, edit.at, length);
    if (!is_behind(part.end, part.begin)) return;
    const bool last = part.end == edit.at + length;
    add_splice(room, segment, part, last ? control.virtual_text.length : 0, true);
}

// A text that may yet turn out to be the server's address, as far as it has been read, waits for
// its end.  `held`: how many characters do.
TURNOUT_INLINE void splice_held(const Span& segment, uint32_t at, uint32_t held, Opening& room) {
    const Span part = common(segment, at, held);
    if (is_behind(part.end, part.begin)) add_splice(room, segment, part, 0, false);
}

TURNOUT_INLINE void splice_edits(const abi::FtpControl& control, const Span& segment,
                                 Opening& room) {
    for (uint32_t back = 1; back <= abi::edits_kept && back <= control.edits; ++back)
        splice_edit(control, segment, edit_of(control, control.edits - back), room);
}

// What waited was no address: it leaves before the segment that has shown it.
TURNOUT_INLINE void splice_released(const Span& segment, uint32_t at, Opening& room) {
    add_splice(room, segment, {segment.begin, segment.begin}, segment.begin - at, false);
}

}  // namespace turnout::ftp
