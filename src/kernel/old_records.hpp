// The records of a connection table of another layout, read by its description.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "abi/connection.hpp"
#include "kernel/described_table.hpp"
#include "table/table.hpp"

namespace turnout::kernel {

// A record of the old table: its bytes, and the words of them that change.
struct OldRecord {
    Location location = 0;
    const std::byte* bytes = nullptr;
    uint32_t* status = nullptr;
    explicit operator bool() const { return bytes; }
};

// The old table by its description.
class OldTable {
  public:
    // From the pins of one folder, to rows as those of the other have them.
    static Result<OldTable> open(const std::string& from, const std::string& to);

    // Calls `visit` for each record that can be seen and has not ended.
    template <class Visit>
    void each(uint32_t buckets, const Visit& visit) const {
        for (uint32_t bucket = 0; bucket < std::min(buckets, table_.rows()); ++bucket) {
            const uint32_t state = load_once(*word_at(table_.row(bucket) + header_));
            for (uint32_t line = 1; line <= lines_.count; ++line)
                if (state & (1u << line))
                    if (const OldRecord record = at(bucket * 16 + line); !is_dead(record))
                        visit(record);
        }
    }
    OldRecord at(Location location) const {
        const uint32_t bucket = location >> 4, line = location & 15;
        if (bucket >= table_.rows() || line < 1 || line > lines_.count) return {};
        std::byte* bytes = table_.row(bucket) + records_ + (line - 1) * lines_.size;
        return {location, bytes, word_at(bytes + status_)};
    }
    static bool is_dead(const OldRecord& record) {
        return load_once(*record.status) & abi::status::dead;
    }
    // As the new layout has it, with the links of the old table.  One that does not fit into it is
    // as good as ended.
    abi::Connection read(const OldRecord& record) const {
        abi::Connection copy{};
        if (!translation_.apply(record.bytes, &copy)) copy.status |= abi::status::dead;
        return copy;
    }

  private:
    OldTable(DescribedTable table, RowTranslation translation)
        : table_(std::move(table)), translation_(std::move(translation)) {}
    Status learn();
    static uint32_t* word_at(std::byte* bytes) { return reinterpret_cast<uint32_t*>(bytes); }

    DescribedTable table_;
    RowTranslation translation_;
    Elements lines_;
    uint32_t header_ = 0, records_ = 0, status_ = 0;  // offsets
};

// What is kept of some records beside them, by their locations: the texts of SIP calls, the state
// of FTP control connections.
class OldNotes {
  public:
    // `name`: of the table.  Nothing when the old data plane has none.
    static Result<std::optional<OldNotes>> open(const std::string& from, const std::string& to,
                                                const char* name);
    // Notes of a record's copy what is noted of the record.
    void copy(Location old_location, Location new_location) const;

  private:
    OldNotes(DescribedTable from, DescribedTable to, RowTranslation value)
        : from_(std::move(from)), to_(std::move(to)), value_(std::move(value)) {}
    DescribedTable from_, to_;
    RowTranslation value_;
};

}  // namespace turnout::kernel
