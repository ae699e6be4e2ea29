#include "kernel/row_translation.hpp"

#include <bpf/libbpf.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <memory>

namespace turnout::kernel {
namespace {

// Descriptions made by hand, as a compiler would write them down.
class Described {
  public:
    uint32_t number(const char* name, uint32_t size, bool is_signed = false) {
        return id(btf__add_int(types(), name, size, is_signed ? BTF_INT_SIGNED : 0));
    }
    uint32_t array(uint32_t of, uint32_t count) {
        return id(btf__add_array(types(), number("index", 4), static_cast<int>(of), count));
    }
    uint32_t alias(const char* name, uint32_t of) {
        return id(btf__add_typedef(types(), name, static_cast<int>(of)));
    }
    uint32_t constant(uint32_t of) { return id(btf__add_const(types(), static_cast<int>(of))); }
    uint32_t choice(const char* name, uint32_t size) {
        const uint32_t made = id(btf__add_enum(types(), name, size));
        EXPECT_EQ(btf__add_enum_value(types(), "one", 1), 0);
        return made;
    }
    struct Member {
        const char* name;
        uint32_t type, offset;
    };
    uint32_t record(uint32_t size, std::initializer_list<Member> members, bool as_union = false) {
        const uint32_t made = id(as_union ? btf__add_union(types(), nullptr, size)
                                          : btf__add_struct(types(), "row", size));
        for (const auto& [name, type, offset] : members)
            EXPECT_EQ(btf__add_field(types(), name, static_cast<int>(type), offset * 8, 0), 0);
        return made;
    }
    uint32_t either(uint32_t size, std::initializer_list<Member> members) {
        return record(size, members, true);
    }
    RowType operator[](uint32_t type) const { return {types_.get(), type}; }

  private:
    struct Free {
        void operator()(btf* types) const { btf__free(types); }
    };
    btf* types() { return types_.get(); }
    static uint32_t id(int made) {
        EXPECT_GT(made, 0);
        return static_cast<uint32_t>(made);
    }
    std::unique_ptr<btf, Free> types_{btf__new_empty()};
};

TEST(row_translation, members_are_found_by_their_names_wherever_they_lie) {
    struct Old {
        uint32_t a;
        uint16_t gone, b;
        uint64_t c;
    };
    struct New {
        uint64_t c, fresh;
        uint16_t b, pad;
        uint32_t a;
    };
    Described types;
    const uint32_t u16 = types.number("u16", 2), u32 = types.number("u32", 4),
                   u64 = types.number("u64", 8);
    const uint32_t from = types.record(
        sizeof(Old),
        {{"a", u32, 0}, {"gone", u16, 4}, {"b", types.alias("port", u16), 6}, {"c", u64, 8}});
    const uint32_t to = types.record(
        sizeof(New),
        {{"c", types.constant(u64), 0}, {"fresh", u64, 8}, {"b", u16, 16}, {"a", u32, 20}});
    const auto translation = RowTranslation::make(types[from], types[to]);
    ASSERT_TRUE(translation);
    const Old old{1, 2, 3, 4};
    New made{0, 77, 0, 88, 0};
    ASSERT_TRUE(translation->apply(&old, &made));
    EXPECT_EQ(made.a, 1u);
    EXPECT_EQ(made.b, 3u);
    EXPECT_EQ(made.c, 4u);
    EXPECT_EQ(made.fresh, 77u) << "what only the new layout has stays as it is";
    EXPECT_EQ(made.pad, 88u);
}

TEST(row_translation, rows_within_rows_arrays_and_unnamed_unions) {
    struct Address {
        uint32_t word[2];
    };
    struct Old {
        uint16_t port;
        Address address;
        uint32_t times[2];
        union {
            uint32_t hop, children;
        };
    };
    struct New {
        union {
            uint32_t children, hop;
        };
        Address address;
        uint32_t times[3];
        uint16_t port;
    };
    Described types;
    const uint32_t u16 = types.number("u16", 2), u32 = types.number("u32", 4);
    const uint32_t address = types.record(8, {{"word", types.array(u32, 2), 0}});
    const uint32_t before = types.either(4, {{"hop", u32, 0}, {"children", u32, 0}});
    const uint32_t after = types.either(4, {{"children", u32, 0}, {"hop", u32, 0}});
    const uint32_t from =
        types.record(sizeof(Old), {{"port", u16, 0},
                                   {"address", address, offsetof(Old, address)},
                                   {"times", types.array(u32, 2), offsetof(Old, times)},
                                   {nullptr, before, offsetof(Old, hop)}});
    const uint32_t to =
        types.record(sizeof(New), {{nullptr, after, 0},
                                   {"address", address, offsetof(New, address)},
                                   {"times", types.array(u32, 3), offsetof(New, times)},
                                   {"port", u16, offsetof(New, port)}});
    const auto translation = RowTranslation::make(types[from], types[to]);
    ASSERT_TRUE(translation) << translation.error().message;
    const Old old{80, {{1, 2}}, {3, 4}, {5}};
    New made{{0}, {{0, 0}}, {0, 0, 99}, 0};
    ASSERT_TRUE(translation->apply(&old, &made));
    EXPECT_EQ(made.port, 80u);
    EXPECT_EQ(made.address.word[0], 1u);
    EXPECT_EQ(made.address.word[1], 2u);
    EXPECT_EQ(made.times[1], 4u);
    EXPECT_EQ(made.times[2], 99u);
    EXPECT_EQ(made.children, 5u);
}

TEST(row_translation, numbers_are_widened_with_their_sign_and_narrowed_if_they_fit) {
    struct Old {
        int32_t weight;
        uint32_t count;
        uint8_t kind;
    };
    struct New {
        int64_t weight;
        uint16_t count;
        uint32_t kind;
    };
    Described types;
    const uint32_t u16 = types.number("u16", 2), u32 = types.number("u32", 4);
    const uint32_t from = types.record(sizeof(Old), {{"weight", types.number("int", 4, true), 0},
                                                     {"count", u32, 4},
                                                     {"kind", types.choice("Kind", 1), 8}});
    const uint32_t to = types.record(sizeof(New), {{"weight", types.number("long", 8, true), 0},
                                                   {"count", u16, 8},
                                                   {"kind", types.choice("Kind", 4), 12}});
    const auto translation = RowTranslation::make(types[from], types[to]);
    ASSERT_TRUE(translation);
    Old old{-7, 65535, 200};
    New made{};
    ASSERT_TRUE(translation->apply(&old, &made));
    EXPECT_EQ(made.weight, -7);
    EXPECT_EQ(made.count, 65535u);
    EXPECT_EQ(made.kind, 200u);

    old.count = 65536;
    const auto applied = translation->apply(&old, &made);
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, ERANGE);
    EXPECT_NE(applied.error().message.find(".count"), std::string::npos);
}

TEST(row_translation, plain_numbers_are_rows_too) {
    Described types;
    const auto translation =
        RowTranslation::make(types[types.number("u32", 4)], types[types.number("u64", 8)]);
    ASSERT_TRUE(translation);
    const uint32_t old = 5;
    uint64_t made = ~0ull;
    ASSERT_TRUE(translation->apply(&old, &made));
    EXPECT_EQ(made, 5u);
}

TEST(row_translation, what_has_become_something_else_is_named) {
    Described types;
    const uint32_t u32 = types.number("u32", 4);
    const uint32_t from = types.record(4, {{"port", u32, 0}});
    const uint32_t to = types.record(4, {{"port", types.record(4, {{"raw", u32, 0}}), 0}});
    const auto translation = RowTranslation::make(types[from], types[to]);
    ASSERT_FALSE(translation);
    EXPECT_NE(translation.error().message.find(".port"), std::string::npos);
}

TEST(row_translation, places_of_members) {
    Described types;
    const uint32_t u32 = types.number("u32", 4);
    const uint32_t inner = types.either(4, {{"a", u32, 0}, {"b", u32, 0}});
    const uint32_t row =
        types.record(20, {{"lines", types.array(u32, 4), 0}, {nullptr, inner, 16}});
    EXPECT_EQ(member_of(types[row], "b")->offset, 16u);
    EXPECT_EQ(elements_of(member_of(types[row], "lines")->type)->count, 4u);
    EXPECT_EQ(elements_of(member_of(types[row], "lines")->type)->size, 4u);
    EXPECT_FALSE(member_of(types[row], "c"));
    EXPECT_FALSE(elements_of(types[row]));
}

}  // namespace
}  // namespace turnout::kernel
