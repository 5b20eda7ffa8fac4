#include "serve/background_load.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <future>

#include "serve/testing/fake_volume.h"

namespace lotmark::serve {
namespace {

int Priority() { return getpriority(PRIO_PROCESS, 0); }

// Remembers the priority of the thread that loads.
class PriorityOfLoad final : public ModelSource {
 public:
  Result<VersionIdentity> ReadDesired() override { return NotFound("not asked"); }
  std::optional<Withdrawal> Withdrawn(const VersionIdentity&) const override { return std::nullopt; }
  Status CheckMemory(const VersionIdentity&) override { return Ok(); }
  Result<std::shared_ptr<const classify::LoadedModel>> Load(const VersionIdentity&) override {
    priority = Priority();
    return Refused("seen");
  }

  int priority = 0;
};

TEST(BackgroundLoad, GivesItsResultOnceAndIsBusyUntilThen) {
  testing::FakeVolume volume;
  volume.Add("v1");
  const auto source = volume.Source();
  std::promise<void> ended;
  BackgroundLoad load(*source, [&] { ended.set_value(); });
  EXPECT_FALSE(load.busy());
  EXPECT_FALSE(load.Take());
  volume.HoldLoads();
  load.Begin(volume.Identity("v1"));
  EXPECT_TRUE(load.busy());
  EXPECT_FALSE(load.Take());
  volume.ReleaseLoads();
  ended.get_future().wait();
  const auto finished = load.Take();
  ASSERT_TRUE(finished && finished->model);
  EXPECT_EQ(finished->identity, volume.Identity("v1"));
  EXPECT_EQ((*finished->model)->manifest().version().text(), "v1");
  EXPECT_FALSE(load.busy());
  EXPECT_FALSE(load.Take());
}

TEST(BackgroundLoad, LowersThePriorityOfTheLoadingThreadAlone) {
  PriorityOfLoad source;
  const int before = Priority();
  std::promise<void> ended;
  BackgroundLoad load(source, [&] { ended.set_value(); });
  load.Begin(testing::IdentityOf(*testing::MakeModel("v1")));
  ended.get_future().wait();
  EXPECT_EQ(source.priority, std::max(before, 10));
  EXPECT_EQ(Priority(), before) << "it could not be raised again";
}

TEST(BackgroundLoad, WaitsForALoadInProgressAtItsEnd) {
  testing::FakeVolume volume;
  volume.Add("v1");
  const auto source = volume.Source();
  {
    BackgroundLoad load(*source, [] {});
    load.Begin(volume.Identity("v1"));
  }
  EXPECT_EQ(volume.freed_on().size(), 1u);
}

}  // namespace
}  // namespace lotmark::serve
