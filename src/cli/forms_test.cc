#include "cli/forms.h"

#include <gtest/gtest.h>

#include "store/testing/sample_version.h"

namespace lotmark::cli {
namespace {

TEST(Table, PadsColumnsToTheirWidestCell) {
  EXPECT_EQ(Table({{"VERSION", "STATE"}, {"v1", "active"}, {"2024-v1-long", "x"}}),
            "VERSION       STATE\n"
            "v1            active\n"
            "2024-v1-long  x");
}

TEST(Table, CountsCharactersNotBytes) {
  EXPECT_EQ(Table({{"Außenknöchel", "a"}, {"x", "b"}, {"…", "c"}}),
            "Außenknöchel  a\n"
            "x             b\n"
            "…             c");
}

TEST(Table, LeavesNoSpacesAtTheEnd) {
  EXPECT_EQ(Table({{"a", "long cell", ""}, {"b", "", ""}, {"", "", ""}}), "a  long cell\nb\n");
}

TEST(Table, TakesRowsOfDifferentLengthAndNone) {
  EXPECT_EQ(Table({{"a"}, {"b", "c"}}), "a\nb  c");
  EXPECT_EQ(Table({}), "");
}

TEST(HumanSize, ChoosesAUnitThatReads) {
  EXPECT_EQ(HumanSize(0), "0 B");
  EXPECT_EQ(HumanSize(1023), "1023 B");
  EXPECT_EQ(HumanSize(1024), "1.0 KiB");
  EXPECT_EQ(HumanSize(1536), "1.5 KiB");
  EXPECT_EQ(HumanSize(1048576), "1.0 MiB");
  EXPECT_EQ(HumanSize(1048575), "1.0 MiB") << "never 1024.0 of a unit";
  EXPECT_EQ(HumanSize(uint64_t{5} << 30), "5.0 GiB");
  EXPECT_EQ(HumanSize(uint64_t{3} << 40), "3.0 TiB");
  EXPECT_EQ(HumanSize(uint64_t{5} << 50), "5120.0 TiB");
}

journal::Event SampleEvent() {
  journal::Event event;
  event.index = 7;
  event.time = store::FixedClock().Now();
  event.kind = journal::EventKind::kActivated;
  event.actor = store::kTestActor;
  event.model = ModelName::Parse("lesion_cnn").value();
  event.version = Version::Parse("v2").value();
  event.manifest_sha256 = Sha256Of("manifest");
  event.previous = Version::Parse("v1").value();
  event.reason = "better";
  return event;
}

TEST(EventJson, SaysWhoDidWhatWhenAndWhy) {
  const Json json = EventJson(SampleEvent());
  EXPECT_EQ(json["index"], 7);
  EXPECT_EQ(json["time"], "2026-02-21T12:00:00.000000Z");
  EXPECT_EQ(json["event"], "activated");
  EXPECT_EQ(json["actor"], (Json{{"name", "ada@test"}, {"authenticated", false}}));
  EXPECT_EQ(json["version"], "v2");
  EXPECT_EQ(json["previous_version"], "v1");
  EXPECT_EQ(json["manifest_sha256"], Sha256Of("manifest").hex());
  EXPECT_EQ(json["reason"], "better");
}

TEST(EventJson, SaysHowARecoveryEnded) {
  auto event = SampleEvent();
  EXPECT_TRUE(EventJson(event)["outcome"].is_null());
  event.kind = journal::EventKind::kRecovered;
  event.outcome = journal::Outcome::kAbandoned;
  EXPECT_EQ(EventJson(event)["outcome"], "abandoned");
}

TEST(EventJson, SaysNullWhereThereIsNothing) {
  auto event = SampleEvent();
  event.model.reset();
  event.version.reset();
  event.previous.reset();
  event.manifest_sha256.reset();
  const Json json = EventJson(event);
  for (const char* field : {"model_name", "version", "previous_version", "manifest_sha256"}) {
    EXPECT_TRUE(json[field].is_null()) << field;
  }
}

}  // namespace
}  // namespace lotmark::cli
