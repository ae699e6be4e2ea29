#include "director/settings.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "native/memory_tables.hpp"

namespace turnout::director {
namespace {

class Settings : public testing::Test {
  protected:
    int64_t value(const std::string& name) const {
        const auto all = list_settings(tables.rows);
        const auto at = std::ranges::find(all, name, &model::Setting::name);
        return at == all.end() ? -1 : at->value;
    }
    int refusal(const std::string& name, int64_t value) {
        const Status done = change_setting(tables.rows, name, value);
        return done ? 0 : done.error().code;
    }

    native::MemoryTables tables;
};

TEST_F(Settings, stand_at_their_standards) {
    for (const model::Setting& setting : list_settings(tables.rows))
        EXPECT_EQ(setting.value, setting.standard) << setting.name;
}

TEST_F(Settings, are_what_they_were_set_to) {
    for (const model::Setting& setting : list_settings(tables.rows)) {
        // 2 is automatic like 1, and up.
        if (setting.greatest == 3) continue;
        for (const int64_t wanted : {setting.least, setting.greatest, setting.standard}) {
            ASSERT_EQ(refusal(setting.name, wanted), 0) << setting.name << " " << wanted;
            EXPECT_EQ(value(setting.name), wanted) << setting.name;
        }
    }
}

TEST_F(Settings, are_as_before_when_refused) {
    for (const model::Setting& setting : list_settings(tables.rows)) {
        EXPECT_EQ(refusal(setting.name, setting.least - 1), ERANGE) << setting.name;
        EXPECT_EQ(refusal(setting.name, setting.greatest + 1), ERANGE) << setting.name;
        EXPECT_EQ(value(setting.name), setting.standard) << setting.name;
    }
    for (const char* unknown : {"", "nosuch", "timeout.", "timeout.nosuch", "timeout"})
        EXPECT_EQ(refusal(unknown, 1), ENOENT) << unknown;
}

TEST_F(Settings, that_make_no_sense_say_why) {
    for (const char* name : {"conntrack", "sync_threshold", "debug_level", "backup_only"}) {
        const Status done = change_setting(tables.rows, name, 1);
        ASSERT_FALSE(done) << name;
        EXPECT_EQ(done.error().code, ENOSYS);
        EXPECT_NE(done.error().message.find("makes no sense here: "), std::string::npos);
    }
}

TEST_F(Settings, defences_tell_whether_they_are_up) {
    for (const char* name : {"drop_entry", "drop_packet", "secure_tcp"}) {
        for (const int64_t mode : {0, 1, 3}) {
            ASSERT_EQ(refusal(name, mode), 0);
            EXPECT_EQ(value(name), mode) << name;
        }
        ASSERT_EQ(refusal(name, 2), 0);
        EXPECT_EQ(value(name), 1) << name;
    }
    tables.rows.settings->flags |= abi::settings_flag::drop_packet;
    ASSERT_EQ(refusal("drop_packet", 1), 0);
    EXPECT_EQ(value("drop_packet"), 2);
}

}  // namespace
}  // namespace turnout::director
