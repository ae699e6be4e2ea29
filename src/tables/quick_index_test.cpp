#include "tables/quick_index.hpp"

#include <gtest/gtest.h>

#include <map>

namespace turnout::tables {
namespace {

constexpr auto service = abi::EndpointKind::service;
constexpr auto nat_server = abi::EndpointKind::nat_server;

// By port, which is all that differs here but for the family.
class Everything : public EndpointIndex<uint32_t> {
  public:
    std::optional<uint32_t> get(const abi::Endpoint& key) const override {
        const uint32_t* value = find(key);
        return value ? std::optional(*value) : std::nullopt;
    }
    Status put(const abi::Endpoint& key, const uint32_t& value) override {
        values_[name_of(key)] = value;
        return {};
    }
    Status erase(const abi::Endpoint& key) override {
        values_.erase(name_of(key));
        return {};
    }
    const uint32_t* find(const abi::Endpoint& key) const {
        const auto at = values_.find(name_of(key));
        return at == values_.end() ? nullptr : &at->second;
    }

  private:
    static std::pair<abi::Family, uint16_t> name_of(const abi::Endpoint& key) {
        return {key.family, key.port.raw};
    }
    std::map<std::pair<abi::Family, uint16_t>, uint32_t> values_;
};

// What packets see.
struct Reader {
    const abi::Settings& settings() const { return row_of_settings; }
    const abi::EndpointRow* endpoint_row(uint32_t index) const { return &rows[index]; }
    const uint32_t* service_id(const abi::Endpoint& key) const { return all.find(key); }

    std::vector<abi::EndpointRow>& rows;
    const Everything& all;
    abi::Settings row_of_settings{};
};

class Quick : public testing::Test {
  protected:
    Quick() { reader.row_of_settings.endpoint_mask = static_cast<uint32_t>(rows.size()) - 1; }

    static abi::Endpoint endpoint(uint16_t port, abi::Family family = abi::Family::ipv4) {
        abi::Endpoint made{};
        made.address.word[0] = to_be(0xc6336401u);
        if (family == abi::Family::ipv6) made.address.word[3] = to_be(1u);
        made.port = to_be(port);
        made.protocol = 6;
        made.family = family;
        return made;
    }
    // Of another endpoint, which comes to the same place.
    abi::Endpoint rival_of(const abi::Endpoint& key) const {
        const uint32_t mask = reader.row_of_settings.endpoint_mask;
        for (uint16_t port = 1;; ++port)
            if (port != to_host(key.port) &&
                place_of(endpoint(port), service, mask).index == place_of(key, service, mask).index)
                return endpoint(port);
    }
    bool has_row(const abi::Endpoint& key) { return find_endpoint(reader, key, service); }

    std::vector<abi::EndpointRow> rows{16};
    uint32_t waited = 0;
    EndpointRows places{rows, [this] { ++waited; }};
    Everything all;
    QuickServices index{all, places};
    Reader reader{rows, all};
};

TEST_F(Quick, finds_what_was_put_by_its_row_and_not_what_was_erased) {
    for (const abi::Family family : {abi::Family::ipv4, abi::Family::ipv6}) {
        const abi::Endpoint key = endpoint(80, family);
        EXPECT_FALSE(find_service_id(reader, key));
        ASSERT_TRUE(index.put(key, 7));
        EXPECT_TRUE(has_row(key));
        EXPECT_EQ(*find_service_id(reader, key), 7u);
        ASSERT_TRUE(index.put(key, 8));
        EXPECT_EQ(*find_service_id(reader, key), 8u);
        EXPECT_EQ(waited, 0u) << "one word is changed where it is";
        ASSERT_TRUE(index.erase(key));
        EXPECT_FALSE(has_row(key));
        EXPECT_FALSE(find_service_id(reader, key));
    }
}

TEST_F(Quick, tells_kinds_and_families_apart) {
    ASSERT_TRUE(index.put(endpoint(80), 7));
    EXPECT_FALSE(find_endpoint(reader, endpoint(80), nat_server));
    EXPECT_FALSE(has_row(endpoint(80, abi::Family::ipv6)));
    EXPECT_FALSE(has_row(endpoint(81)));
}

TEST_F(Quick, has_the_first_of_two_at_a_place_and_finds_both) {
    const abi::Endpoint first = endpoint(80), second = rival_of(first);
    ASSERT_TRUE(index.put(first, 1));
    ASSERT_TRUE(index.put(second, 2));
    EXPECT_TRUE(has_row(first));
    EXPECT_FALSE(has_row(second));
    EXPECT_EQ(*find_service_id(reader, first), 1u);
    EXPECT_EQ(*find_service_id(reader, second), 2u);
    ASSERT_TRUE(index.erase(second));
    EXPECT_TRUE(has_row(first));
}

TEST_F(Quick, has_a_nat_server_that_services_share) {
    const abi::Endpoint sender = endpoint(8000);
    abi::ReplyService reply{sender.address, to_be(uint16_t{80}), 0};
    places.put(sender, nat_server, reply);
    reply.shared = 1;
    places.put(sender, nat_server, reply);
    EXPECT_EQ(waited, 0u);
    EXPECT_EQ(find_endpoint(reader, sender, nat_server)->reply.shared, 1u);
    reply.virtual_port = to_be(uint16_t{81});
    places.put(sender, nat_server, reply);
    EXPECT_EQ(waited, 1u) << "two words are not changed where they are";
    EXPECT_EQ(to_host(find_endpoint(reader, sender, nat_server)->reply.virtual_port), 81u);
}

TEST_F(Quick, waits_for_packets_before_a_row_is_anothers) {
    const abi::Endpoint first = endpoint(80), second = rival_of(first);
    ASSERT_TRUE(index.put(first, 1));
    EXPECT_EQ(waited, 0u) << "it was nobody's";
    ASSERT_TRUE(index.erase(first));
    EXPECT_EQ(waited, 0u) << "it is nobody's now";
    ASSERT_TRUE(index.put(second, 2));
    EXPECT_EQ(waited, 1u);
    EXPECT_TRUE(has_row(second));
    EXPECT_EQ(*find_service_id(reader, second), 2u);
}

}  // namespace
}  // namespace turnout::tables
