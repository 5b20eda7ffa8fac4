#include "journal/event_json.h"

#include <gtest/gtest.h>

#include "journal/testing/sample_events.h"

namespace lotmark::journal {
namespace {

Event Activated() {
  Event event;
  event.time = SampleTime();
  event.actor = {"ada@test", false};
  event.kind = EventKind::kActivated;
  event.model = ModelName::Parse("lesion_cnn").value();
  event.version = Version::Parse("2024-v1").value();
  event.manifest_sha256 = Sha256Of("a manifest");
  event.previous = Version::Parse("2023-v1").value();
  event.policy_sha256 = Sha256Of("a policy");
  event.reason = "annual update: \"quotes\", \xC3\xA4 and a\nline";
  return event;
}

TEST(EventJson, ComesBackAsItWasWritten) {
  Event event = Activated();
  event.index = 7;
  const auto parsed = ParseEvent(FormatEvent(event));
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(parsed->index, 7U);
  EXPECT_EQ(parsed->time, event.time);
  EXPECT_EQ(parsed->actor.name, "ada@test");
  EXPECT_EQ(parsed->kind, EventKind::kActivated);
  EXPECT_EQ(parsed->model, event.model);
  EXPECT_EQ(parsed->version, event.version);
  EXPECT_EQ(parsed->manifest_sha256, event.manifest_sha256);
  EXPECT_EQ(parsed->previous, event.previous);
  EXPECT_EQ(parsed->reason, event.reason);
  EXPECT_EQ(FormatEvent(*parsed), FormatEvent(event));
}

TEST(EventJson, IsRefusedWhenCutAtAnyByte) {
  const std::string text = FormatEvent(Activated());
  for (size_t length = 0; length + 1 < text.size(); ++length) {
    EXPECT_FALSE(ParseEvent(text.substr(0, length))) << length;
  }
}

TEST(EventJson, RefusesWhatBreaksTheRules) {
  const std::string good = FormatEvent(Activated());
  const struct {
    const char* from;
    const char* to;
    const char* says;
  } cases[] = {
      {"\"activated\"", "\"teleported\"", "event: 'teleported'"},
      {"\"index\":0", "\"index\":-1", "index"},
      {"\"index\":0", "\"index\":\"0\"", "index"},
      {"2026-02-21", "2026-02-31", "2026-02-31"},
      {"\"authenticated\":false", "\"authenticated\":\"no\"", "authenticated"},
      {"\"authenticated\":false,", "", "authenticated"},
      {"\"lesion_cnn\"", "\"../lesion\"", "model"},
      {"\"version\":\"2024-v1\",", "", "version"},
      {"\"previous\":\"2023-v1\"", "\"previous\":7", "previous"},
      {"\"previous\":\"2023-v1\"", "\"outcome\":\"completed\"", "outcome"},
      {"\"activated\"", "\"recovered\"", "outcome"},
      {"\"activated\"", "\"volume_created\"", "version"},
      {"ada@test", "", "actor"},
      {"\"reason\"", "\"actor\"", "twice"},
  };
  for (const auto& at : cases) {
    std::string text = good;
    const size_t where = text.find(at.from);
    ASSERT_NE(where, std::string::npos) << at.from;
    text.replace(where, std::string(at.from).size(), at.to);
    const auto event = ParseEvent(text);
    ASSERT_FALSE(event) << text;
    EXPECT_NE(event.error().text.find(at.says), std::string::npos) << event.error().text;
  }
}

}  // namespace
}  // namespace lotmark::journal
