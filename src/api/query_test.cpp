#include "api/query.hpp"

#include <gtest/gtest.h>

namespace turnout::api {
namespace {

TEST(Query, words_come_back_as_they_were_given) {
    const QueryWords words{{"client", "[2001:db8::/32]:443"}, {"state", "C&B=%"}, {"empty", ""}};
    EXPECT_EQ(*words_of_query(query_of(words)), words);
    EXPECT_EQ(query_of({{"service", "tcp:198.51.100.1:80"}}), "service=tcp:198.51.100.1:80");
    EXPECT_TRUE(words_of_query("")->empty());
}

TEST(Query, what_is_no_word_is_refused) {
    for (const char* query :
         {"client", "client=%", "client=%2", "client=%2x", "client=%-1", "a=1&b"})
        EXPECT_FALSE(words_of_query(query)) << query;
}

}  // namespace
}  // namespace turnout::api
