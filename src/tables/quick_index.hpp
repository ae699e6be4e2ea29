// An index whose entries have rows of their own, too, where there is a place: see
// table/endpoints.hpp.
#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "table/endpoints.hpp"
#include "tables/rows.hpp"

namespace turnout::tables {

// The rows, for all indexes that have some there.
class EndpointRows {
  public:
    EndpointRows() = default;
    // `wait_for_packets`: see Rows.
    EndpointRows(std::span<abi::EndpointRow> rows, std::function<void()> wait_for_packets)
        : rows_(rows), left_(rows.size()), wait_for_packets_(std::move(wait_for_packets)) {}

    template <class Value>
    void put(const abi::Endpoint& key, abi::EndpointKind kind, const Value& value) {
        const EndpointPlace place = place_at(key, kind);
        abi::EndpointRow& row = rows_[place.index];
        if (row.tag && (!is(row, key, place) || change(row, value))) return;
        leave(place.index);
        wait_for_readers(place.index);
        row.key = key;
        set(row, value);
        __atomic_store_n(&row.tag, place.tag, __ATOMIC_RELEASE);
    }
    void erase(const abi::Endpoint& key, abi::EndpointKind kind) {
        const EndpointPlace place = place_at(key, kind);
        if (is(rows_[place.index], key, place)) leave(place.index);
    }

  private:
    EndpointPlace place_at(const abi::Endpoint& key, abi::EndpointKind kind) const {
        return place_of(key, kind, static_cast<uint32_t>(rows_.size()) - 1);
    }
    static bool is(const abi::EndpointRow& row, const abi::Endpoint& key,
                   const EndpointPlace& place) {
        return row.tag == place.tag && is_same(row.key, key);
    }
    // Writes another value while packets may read it; false when it is not one word that differs.
    static bool change(abi::EndpointRow& row, uint32_t service) {
        __atomic_store_n(&row.service, service, __ATOMIC_RELAXED);
        return true;
    }
    static bool change(abi::EndpointRow& row, const abi::ReplyService& reply) {
        if (!(row.reply.virtual_address == reply.virtual_address &&
              row.reply.virtual_port == reply.virtual_port))
            return false;
        __atomic_store_n(&row.reply.shared, reply.shared, __ATOMIC_RELAXED);
        return true;
    }
    static void set(abi::EndpointRow& row, uint32_t service) { row.service = service; }
    static void set(abi::EndpointRow& row, const abi::ReplyService& reply) { row.reply = reply; }
    void leave(uint32_t index) {
        if (!std::exchange(rows_[index].tag, 0)) return;
        left_[index] = true;
        some_left_ = true;
    }
    // One wait is for all rows that were left before.
    void wait_for_readers(uint32_t index) {
        if (!some_left_ || !left_[index]) return;
        wait_for_packets_();
        std::fill(left_.begin(), left_.end(), false);
        some_left_ = false;
    }

    std::span<abi::EndpointRow> rows_;
    std::vector<bool> left_;  // packets may still read it
    bool some_left_ = false;
    std::function<void()> wait_for_packets_;
};

template <class Value, abi::EndpointKind kind>
class QuickIndex : public EndpointIndex<Value> {
  public:
    QuickIndex() = default;
    QuickIndex(EndpointIndex<Value>& all, EndpointRows& rows) : all_(&all), rows_(&rows) {}

    std::optional<Value> get(const abi::Endpoint& key) const override { return all_->get(key); }
    // What is there already may get a place by that.
    Status put(const abi::Endpoint& key, const Value& value) override {
        if (auto ok = all_->put(key, value); !ok) return ok;
        rows_->put(key, kind, value);
        return {};
    }
    Status erase(const abi::Endpoint& key) override {
        rows_->erase(key, kind);
        return all_->erase(key);
    }

  private:
    EndpointIndex<Value>* all_ = nullptr;
    EndpointRows* rows_ = nullptr;
};

using QuickServices = QuickIndex<uint32_t, abi::EndpointKind::service>;
using QuickReplies = QuickIndex<abi::ReplyService, abi::EndpointKind::nat_server>;

}  // namespace turnout::tables
