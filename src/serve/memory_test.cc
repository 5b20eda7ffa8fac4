#include "serve/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fs/testing/temp_folder.h"

namespace lotmark::serve {
namespace {

using testing::HasSubstr;

constexpr uint64_t kMiB = 1 << 20;

class MemoryTest : public testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path whole = folder_.PathOf(path);
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << text;
  }
  void Group(const std::string& path, const std::string& limit, uint64_t used, uint64_t inactive_file) {
    Write("cgroup" + path + "/memory.max", limit + "\n");
    Write("cgroup" + path + "/memory.current", std::to_string(used) + "\n");
    Write("cgroup" + path + "/memory.stat",
          "anon 1\ninactive_file " + std::to_string(inactive_file) + "\nactive_file 2\n");
  }
  Result<MemoryState> Read() {
    return ReadMemoryState({folder_.PathOf("meminfo"), folder_.PathOf("own"), folder_.PathOf("cgroup")});
  }

  fs::TempFolder folder_;
};

TEST_F(MemoryTest, ReadsWhatTheMachineHas) {
  Write("meminfo", "MemTotal:       24000 kB\nMemFree: 1 kB\nMemAvailable:   2048 kB\n");
  const auto state = Read();
  ASSERT_TRUE(state) << state.error().text;
  EXPECT_EQ(state->machine_available, 2 * kMiB);
  EXPECT_FALSE(state->cgroup_available);
}

TEST_F(MemoryTest, TheTightestGroupCountsAndItsFileCacheIsFree) {
  Write("meminfo", "MemAvailable: 9999999 kB\n");
  Write("own", "1:name=systemd:/x\n0::/clinic/lotmark\n");
  Group("/clinic/lotmark", "max", 700 * kMiB, 0);
  Group("/clinic", std::to_string(1000 * kMiB), 800 * kMiB, 300 * kMiB);
  auto state = Read();
  ASSERT_TRUE(state) << state.error().text;
  EXPECT_EQ(state->cgroup_available, 500 * kMiB);
  Group("/clinic/lotmark", std::to_string(750 * kMiB), 700 * kMiB, 0);
  state = Read();
  ASSERT_TRUE(state) << state.error().text;
  EXPECT_EQ(state->cgroup_available, 50 * kMiB);
}

TEST_F(MemoryTest, UseAboveALimitThatWasLoweredLeavesNothing) {
  Write("meminfo", "MemAvailable: 9999999 kB\n");
  Write("own", "0::/a\n");
  Group("/a", std::to_string(100 * kMiB), 300 * kMiB, 0);
  const auto state = Read();
  ASSERT_TRUE(state) << state.error().text;
  EXPECT_EQ(state->cgroup_available, 0u);
}

TEST_F(MemoryTest, UnreadableKernelTextIsAnError) {
  EXPECT_FALSE(Read());
  Write("meminfo", "MemTotal: 5 kB\n");
  EXPECT_FALSE(Read());
}

TEST_F(MemoryTest, ThisMachineCanBeRead) {
  const auto state = ReadMemoryState();
  ASSERT_TRUE(state) << state.error().text;
  EXPECT_GT(state->machine_available, kMiB);
}

TEST(CheckMemoryForLoad, RefusesWithTheFigures) {
  EXPECT_TRUE(CheckMemoryForLoad(100 * kMiB, {.machine_available = 300 * kMiB, .cgroup_available = std::nullopt}));
  const auto machine =
      CheckMemoryForLoad(101 * kMiB, {.machine_available = 300 * kMiB, .cgroup_available = std::nullopt});
  ASSERT_FALSE(machine);
  EXPECT_THAT(machine.error().text, testing::AllOf(HasSubstr("303 MiB"), HasSubstr("101 MiB"), HasSubstr("300 MiB")));
  const auto group = CheckMemoryForLoad(100 * kMiB, {.machine_available = 900 * kMiB, .cgroup_available = 299 * kMiB});
  ASSERT_FALSE(group);
  EXPECT_THAT(group.error().text, testing::AllOf(HasSubstr("control group"), HasSubstr("299 MiB")));
}

}  // namespace
}  // namespace lotmark::serve
