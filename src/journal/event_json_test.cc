#include "store/event_log.h"

#include <gtest/gtest.h>

#include <fstream>

#include "fs/file_ops.h"
#include "fs/posix_fs.h"
#include "fs/testing/mem_fs.h"
#include "store/event_json.h"
#include "store/testing/sample_version.h"
#include "store/testing/test_volume.h"

namespace lotmark::store {
namespace {

Event Activated() {
  Event event;
  event.time = FixedClock().now;
  event.actor = kTestActor;
  event.kind = EventKind::kActivated;
  event.model = Model("lesion_cnn");
  event.version = V("2024-v1");
  event.manifest_sha256 = Sha256Of("a manifest");
  event.previous = V("2023-v1");
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

class FolderEventLogTest : public testing::Test {
 protected:
  std::unique_ptr<EventLog> Open() { return MakeFolderEventLog(fs::OpenPosixDir(folder_.path()).value()); }
  void Fill(int events) {
    for (int i = 0; i < events; ++i) ASSERT_TRUE(Open()->Append(Activated()));
  }
  void Write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_.PathOf(name), std::ios::binary | std::ios::trunc) << bytes;
  }
  void ExpectRefused(const std::string& says) {
    const auto events = Open()->ReadAll();
    ASSERT_FALSE(events);
    EXPECT_EQ(events.error().code, ErrorCode::kRefused) << events.error().text;
    EXPECT_NE(events.error().text.find(says), std::string::npos) << events.error().text;
  }

  fs::TempFolder folder_;
};

TEST_F(FolderEventLogTest, CountsFromZeroAndKeepsOrder) {
  for (uint64_t i = 0; i < 12; ++i) {
    Event event = Activated();
    event.reason = "number " + std::to_string(i);
    EXPECT_EQ(Open()->Append(event).value(), i);
  }
  const auto events = Open()->ReadAll();
  ASSERT_TRUE(events) << events.error().text;
  ASSERT_EQ(events->size(), 12U);
  for (uint64_t i = 0; i < 12; ++i) {
    EXPECT_EQ((*events)[i].index, i);
    EXPECT_EQ((*events)[i].reason, "number " + std::to_string(i));
  }
}

TEST_F(FolderEventLogTest, RefusesAnEventThatBreaksTheRulesAndWritesNothing) {
  Event event = Activated();
  event.reason = std::string(EventLog::kMaxReasonBytes + 1, 'x');
  EXPECT_FALSE(Open()->Append(event));
  event.reason = "not UTF-8: \xFF";
  EXPECT_FALSE(Open()->Append(event));
  EXPECT_EQ(Open()->Count().value(), 0U);
}

TEST_F(FolderEventLogTest, NamesTheMissingEvent) {
  Fill(4);
  std::remove(folder_.PathOf("000000000002.json").c_str());
  ExpectRefused("000000000002.json: missing event");
  EXPECT_FALSE(Open()->Append(Activated()));
}

TEST_F(FolderEventLogTest, NamesTheDamagedEvent) {
  Fill(3);
  Write("000000000001.json", "{\"index\":1,");
  ExpectRefused("000000000001.json: not valid JSON");
  Write("000000000001.json", "");
  ExpectRefused("000000000001.json");
  Write("000000000001.json", FormatEvent(Activated()));  // says index 0
  ExpectRefused("000000000001.json: index");
}

TEST_F(FolderEventLogTest, RefusesWhatIsNoEvent) {
  Fill(1);
  Write("notes.txt", "hello");
  ExpectRefused("notes.txt");
}

TEST_F(FolderEventLogTest, RefusesALinkInPlaceOfAnEvent) {
  Fill(1);
  ASSERT_TRUE(fs::OpenPosixDir(folder_.path()).value()->MakeLink("/etc/hostname", "000000000001.json"));
  ExpectRefused("000000000001.json");
}

TEST_F(FolderEventLogTest, IgnoresAndSweepsTemporaryNames) {
  Fill(2);
  Write(".tmp-000000000002.json-x", "half an ev");
  EXPECT_EQ(Open()->ReadAll().value().size(), 2U);
  ASSERT_TRUE(Open()->Recover());
  EXPECT_EQ(fs::OpenPosixDir(folder_.path()).value()->List().value().size(), 2U);
}

TEST(FolderEventLog, AppendedEventsSurviveEveryCrash) {
  for (const fs::CrashMode mode : fs::kAllCrashModes) {
    fs::MemFs machine;
    ASSERT_TRUE(MakeFolderEventLog(machine.Root())->Append(Activated()));
    ASSERT_TRUE(MakeFolderEventLog(machine.Root())->Append(Activated()));
    const auto after = machine.Crash(mode);
    EXPECT_EQ(MakeFolderEventLog(after->Root())->ReadAll().value().size(), 2U);
  }
}

}  // namespace
}  // namespace lotmark::store
