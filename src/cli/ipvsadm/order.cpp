#include "cli/ipvsadm/order.hpp"

#include <arpa/inet.h>

#include <cstring>
#include <iterator>

namespace turnout::ipvsadm {
namespace {

// Negative, zero or positive, as a stands before, beside or after b.
int compare(uint32_t a, uint32_t b) {
    return static_cast<int32_t>(a - b);
}

int compare(const model::Address& a, const model::Address& b) {
    for (size_t at = 0; at < a.bytes.size(); at += 4) {
        uint32_t words[2];
        std::memcpy(&words[0], &a.bytes[at], 4);
        std::memcpy(&words[1], &b.bytes[at], 4);
        if (const int result = compare(ntohl(words[0]), ntohl(words[1]))) return result;
    }
    return 0;
}

int compare(const model::ServiceReport& left, const model::ServiceReport& right) {
    const model::ServiceKey& a = left.service.key;
    const model::ServiceKey& b = right.service.key;
    if (const int result = compare(a.mark, b.mark)) return result;
    if (a.address.family != b.address.family) return a.address.family < b.address.family ? -1 : 1;
    if (a.protocol != b.protocol) return a.protocol < b.protocol ? -1 : 1;
    if (const int result = compare(a.address, b.address)) return result;
    return a.port - b.port;
}

int compare(const model::ServerReport& left, const model::ServerReport& right) {
    const model::ServerKey& a = left.server.key;
    const model::ServerKey& b = right.server.key;
    if (const int result = compare(a.address, b.address)) return result;
    return a.port - b.port;
}

template <class Item>
std::vector<Item> merged(std::vector<Item> left, std::vector<Item> right) {
    std::vector<Item> all;
    all.reserve(left.size() + right.size());
    auto l = left.begin();
    auto r = right.begin();
    while (l != left.end() && r != right.end())
        all.push_back(std::move(compare(*l, *r) <= 0 ? *l++ : *r++));
    all.insert(all.end(), std::make_move_iterator(l), std::make_move_iterator(left.end()));
    all.insert(all.end(), std::make_move_iterator(r), std::make_move_iterator(right.end()));
    return all;
}

template <class Item>
void merge_sort(std::vector<Item>& items) {
    if (items.size() < 2) return;
    const auto middle = items.begin() + static_cast<ptrdiff_t>(items.size() / 2);
    std::vector<Item> left(std::make_move_iterator(items.begin()), std::make_move_iterator(middle));
    std::vector<Item> right(std::make_move_iterator(middle), std::make_move_iterator(items.end()));
    merge_sort(left);
    merge_sort(right);
    items = merged(std::move(left), std::move(right));
}

}  // namespace

void sort(std::vector<model::ServiceReport>& services) {
    merge_sort(services);
}

void sort(std::vector<model::ServerReport>& servers) {
    merge_sort(servers);
}

}  // namespace turnout::ipvsadm
