#include "config/state_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/file.hpp"
#include "director/director.hpp"
#include "native/memory_tables.hpp"

namespace turnout::config {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class StateFileTest : public testing::Test {
  protected:
    ~StateFileTest() override { fs::remove_all(folder); }

    void put(const std::string& text) {
        fs::create_directories(fs::path(path).parent_path());
        std::ofstream(path) << text;
    }
    std::string text() {
        std::stringstream all;
        all << std::ifstream(path).rdbuf();
        return all.str();
    }
    void add(uint16_t port) {
        model::Service service;
        service.key = {0, model::Protocol::tcp, model::Address::ipv4(198, 51, 100, 1), port};
        ASSERT_TRUE(director.apply(model::AddService{service}));
    }

    static std::string make_folder() {
        char name[] = "/tmp/turnout_state_XXXXXX";
        return mkdtemp(name);
    }

    const std::string folder = make_folder(), path = folder + "/netns/blue.json";
    native::MemoryTables tables;
    uint64_t now_ns = 0, step_ns = 0;
    director::Director director{tables.rows,
                                {},
                                [](const model::Address&) { return std::nullopt; },
                                [] { return uint64_t{1}; }};
    StateFile file{path, director, director, [this] { return now_ns += step_ns; }};
};

TEST_F(StateFileTest, what_is_saved_can_be_read) {
    EXPECT_FALSE(StateFile::read(path)->has_value());
    add(80);
    ASSERT_TRUE(file.save());
    add(81);
    ASSERT_TRUE(file.save());
    const auto saved = StateFile::read(path);
    ASSERT_TRUE(saved && *saved);
    EXPECT_EQ((*saved)->services.size(), 2u);
}

TEST_F(StateFileTest, the_file_is_its_owners_and_nothing_is_left_beside_it) {
    ASSERT_TRUE(file.save());
    struct stat about {};
    ASSERT_EQ(stat(path.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u);
    EXPECT_EQ(std::distance(fs::directory_iterator(fs::path(path).parent_path()), {}), 1);
}

TEST_F(StateFileTest, what_cannot_be_understood_is_named_and_left_as_it_is) {
    add(80);
    ASSERT_TRUE(file.save());
    const std::string whole = text();
    for (const std::string& damaged : {std::string(), whole.substr(0, whole.size() / 2),
                                       std::string("null"), whole + "x", std::string(4096, '\0')}) {
        put(damaged);
        const auto read = StateFile::read(path);
        ASSERT_FALSE(read);
        EXPECT_NE(read.error().message.find(path), std::string::npos);
        EXPECT_NE(read.error().message.find("--state"), std::string::npos);
        EXPECT_EQ(text(), damaged);
    }
}

TEST_F(StateFileTest, every_part_of_the_file_is_told_to_be_damaged) {
    add(80);
    ASSERT_TRUE(file.save());
    const std::string whole = text();
    for (size_t length = 0; length + 2 < whole.size(); ++length) {
        put(whole.substr(0, length));
        EXPECT_FALSE(StateFile::read(path)) << length;
    }
}

TEST_F(StateFileTest, a_save_that_fails_leaves_the_file_and_is_tried_again_later) {
    add(80);
    ASSERT_TRUE(file.save());
    const std::string before = text();
    fs::create_directory(path + ".new");  // in the way
    add(81);
    const auto saved = file.save();
    ASSERT_FALSE(saved);
    EXPECT_NE(saved.error().message.find("--state"), std::string::npos);
    EXPECT_EQ(text(), before);
    EXPECT_EQ(file.delay(), 10s);
    fs::remove(path + ".new");
    ASSERT_TRUE(file.save());
    EXPECT_EQ(file.delay(), 100ms);
}

TEST_F(StateFileTest, saving_leaves_nine_tenths_of_the_time) {
    EXPECT_EQ(file.delay(), 100ms);
    step_ns = 200'000'000;
    ASSERT_TRUE(file.save());
    EXPECT_EQ(file.delay(), 1800ms);
}

}  // namespace
}  // namespace turnout::config
