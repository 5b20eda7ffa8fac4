#include "journal/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/file_ops.h"
#include "fs/testing/mem_fs.h"
#include "journal/event_json.h"
#include "journal/testing/sample_events.h"
#include "tlog/checkpoint.h"

namespace lotmark::journal {
namespace {

using testing::HasSubstr;

const Uuid kVolume = Uuid::Parse("3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5a").value();
const tlog::PrivateKey kKey = tlog::PrivateKey::Generate();
const tlog::NoteVerifier kVerifier(OriginOf(kVolume), kKey.public_key());

// A machine with a journal and, outside it, a memory of it.
class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    EXPECT_TRUE(machine_->Root()->MakeDir("journal"));
    EXPECT_TRUE(machine_->Root()->MakeDir("state"));
    EXPECT_TRUE(machine_->Root()->Sync());
    EXPECT_TRUE(Journal::Create(*JournalFolder(), kVolume, kKey, SampleCreated()));
  }
  std::unique_ptr<fs::Dir> JournalFolder() { return machine_->Root()->OpenDir("journal").value(); }
  std::unique_ptr<Memory> TheMemory() { return MakeFolderMemory(machine_->Root()->OpenDir("state").value(), kVolume); }
  Journal Open() { return Journal(JournalFolder(), kVerifier, nullptr); }
  Journal OpenRemembering() { return Journal(JournalFolder(), kVerifier, TheMemory()); }
  Result<uint64_t> Append(const std::string& version) { return Open().Append(SampleRegistering(version), kKey); }
  // The journal's files as they are now, to be put back later.
  std::map<std::string, Bytes> Backup(const std::string& path = "journal") {
    std::map<std::string, Bytes> files;
    const auto folder = machine_->Root()->OpenDir(path).value();
    const auto entries = folder->List().value();
    for (const fs::Entry& entry : entries) {
      const std::string at = path + "/" + entry.name;
      if (entry.kind == fs::EntryKind::kFolder) files.merge(Backup(at));
      if (entry.kind == fs::EntryKind::kFile) files[at] = fs::ReadWholeFile(*folder, entry.name, 1 << 20).value();
    }
    return files;
  }
  void Restore(const std::map<std::string, Bytes>& files) {
    const auto root = machine_->Root();
    ASSERT_TRUE(fs::RemoveTree(*root, "journal"));
    for (const auto& [path, bytes] : files) {
      const size_t slash = path.rfind('/');
      ASSERT_TRUE(fs::MakeDirs(*root, path.substr(0, slash)));
      ASSERT_TRUE(fs::WriteFileAtomic(*root->OpenDir(path.substr(0, slash)).value(), path.substr(slash + 1), bytes,
                                      fs::IfExists::kReplace));
    }
  }
  std::string RememberingError() {
    Journal journal = OpenRemembering();
    const auto events = journal.ReadAll();
    return events ? "" : events.error().text;
  }

  std::unique_ptr<fs::MemFs> machine_ = std::make_unique<fs::MemFs>();
};

TEST_F(JournalTest, CountsFromZeroAndKeepsOrder) {
  for (uint64_t i = 1; i < 12; ++i) EXPECT_EQ(Append("v" + std::to_string(i)).value(), i);
  EXPECT_EQ(Open().Count().value(), 12U);
  const auto events = Open().ReadAll();
  ASSERT_TRUE(events) << events.error().text;
  ASSERT_EQ(events->size(), 12U);
  for (uint64_t i = 1; i < 12; ++i) {
    EXPECT_EQ((*events)[i].index, i);
    EXPECT_EQ((*events)[i].version->text(), "v" + std::to_string(i));
  }
}

TEST_F(JournalTest, RefusesAnEventThatBreaksTheRulesAndWritesNothing) {
  Event event = SampleRegistering("v1");
  event.reason = std::string(Event::kMaxReasonBytes + 1, 'x');
  EXPECT_FALSE(Open().Append(event, kKey));
  event.reason = "not UTF-8: \xFF";
  EXPECT_FALSE(Open().Append(event, kKey));
  EXPECT_EQ(Open().Count().value(), 1U);
}

TEST_F(JournalTest, RefusesAnotherKey) {
  const auto appended = Open().Append(SampleRegistering("v1"), tlog::PrivateKey::Generate());
  ASSERT_FALSE(appended);
  EXPECT_THAT(appended.error().text, HasSubstr("the key is not the one that signs this log"));
}

TEST_F(JournalTest, RefusesAnEntryThatIsNoEventThoughItIsSigned) {
  const auto folder = JournalFolder();
  auto log = tlog::TileLog::Open(*folder, kVerifier).value();
  const std::string_view text = "{\"index\":1}";
  ASSERT_TRUE(log.Append({Bytes(text.begin(), text.end())}, kKey));
  EXPECT_THAT(Open().ReadAll().error().text, HasSubstr("event 1"));
}

TEST_F(JournalTest, RefusesAnEventInAnothersPlace) {
  const auto folder = JournalFolder();
  auto log = tlog::TileLog::Open(*folder, kVerifier).value();
  const std::string text = FormatEvent(SampleCreated());
  ASSERT_TRUE(log.Append({Bytes(text.begin(), text.end())}, kKey));
  EXPECT_THAT(Open().ReadAll().error().text, HasSubstr("event 1: index: is 0"));
}

TEST_F(JournalTest, AppendedEventsSurviveEveryCrash) {
  ASSERT_TRUE(Append("v1"));
  for (const fs::CrashMode mode : fs::kAllCrashModes) {
    const auto after = machine_->Crash(mode);
    Journal journal(after->Root()->OpenDir("journal").value(), kVerifier, nullptr);
    EXPECT_EQ(journal.ReadAll().value().size(), 2U);
  }
}

TEST_F(JournalTest, IsRefusedWhenItIsShorterThanRemembered) {
  ASSERT_TRUE(Append("v1"));
  const auto old = Backup();
  ASSERT_TRUE(OpenRemembering().Append(SampleRegistering("v2"), kKey));
  EXPECT_EQ(RememberingError(), "");
  Restore(old);
  EXPECT_TRUE(Open().ReadAll()) << "it is consistent in itself";
  EXPECT_THAT(RememberingError(), HasSubstr("shorter than the one remembered: it has 2 events, 3 were seen"));
}

TEST_F(JournalTest, IsRefusedWhenItHasAnotherPast) {
  ASSERT_TRUE(Append("v1"));
  const auto old = Backup();
  ASSERT_TRUE(Append("v2"));
  EXPECT_EQ(RememberingError(), "");
  Restore(old);
  ASSERT_TRUE(Append("v9"));
  ASSERT_TRUE(Append("v10"));
  EXPECT_THAT(RememberingError(), HasSubstr("another past"));
}

TEST_F(JournalTest, IsRefusedWhenAnotherKeySignsIt) {
  EXPECT_EQ(RememberingError(), "");
  const tlog::PrivateKey other = tlog::PrivateKey::Generate();
  ASSERT_TRUE(fs::RemoveTree(*machine_->Root(), "journal"));
  ASSERT_TRUE(machine_->Root()->MakeDir("journal"));
  ASSERT_TRUE(Journal::Create(*JournalFolder(), kVolume, other, SampleCreated()));
  Journal journal(JournalFolder(), tlog::NoteVerifier(OriginOf(kVolume), other.public_key()), TheMemory());
  EXPECT_THAT(journal.ReadAll().error().text, HasSubstr("signed by another key"));
}

TEST_F(JournalTest, AKnowingRestoreIsAcceptedOnceByAnEvent) {
  ASSERT_TRUE(Append("v1"));
  const auto old = Backup();
  ASSERT_TRUE(Append("v2"));
  ASSERT_TRUE(Append("v3"));
  EXPECT_EQ(RememberingError(), "");
  Restore(old);
  EXPECT_NE(RememberingError(), "");

  Journal accepting = OpenRemembering();
  accepting.AcceptRestored();
  ASSERT_TRUE(accepting.ReadAll());
  ASSERT_TRUE(accepting.Append(SampleRestoredAccepted(), kKey));
  EXPECT_EQ(RememberingError(), "");

  // Cut back to just behind that acceptance, the journal is refused again: it was seen to go further.
  const auto just_accepted = Backup();
  ASSERT_TRUE(Append("v4"));
  EXPECT_EQ(RememberingError(), "");
  Restore(just_accepted);
  EXPECT_NE(RememberingError(), "");
}

TEST_F(JournalTest, AnotherMemoryLearnsOfTheAcceptanceFromTheJournal) {
  ASSERT_TRUE(Append("v1"));
  const auto old = Backup();
  ASSERT_TRUE(Append("v2"));
  EXPECT_EQ(RememberingError(), "");  // a service that saw v2
  Restore(old);
  ASSERT_TRUE(Open().Append(SampleRestoredAccepted(), kKey));  // by a command that keeps another memory
  EXPECT_EQ(RememberingError(), "");
  const auto just_accepted = Backup();
  ASSERT_TRUE(Append("v4"));
  EXPECT_EQ(RememberingError(), "");
  Restore(just_accepted);
  EXPECT_NE(RememberingError(), "");
}

TEST_F(JournalTest, ADamagedMemoryIsRefusedAndNamed) {
  ASSERT_TRUE(fs::WriteFileAtomic(*machine_->Root()->OpenDir("state").value(), kVolume.text() + ".json",
                                  AsBytes("{\"format\":1"), fs::IfExists::kReplace));
  EXPECT_THAT(RememberingError(), HasSubstr(kVolume.text() + ".json"));
}

TEST_F(JournalTest, AMemoryIsNotShortenedByALateWriter) {
  const auto log_at = [&] { return Open().OpenLog().value().checkpoint(); };
  const Remembered early{log_at(), {}};
  ASSERT_TRUE(Append("v1"));
  const Remembered late{log_at(), {}};
  ASSERT_TRUE(TheMemory()->Remember(late));
  ASSERT_TRUE(TheMemory()->Remember(early));
  EXPECT_EQ(TheMemory()->Recall().value(), late);
}

}  // namespace
}  // namespace lotmark::journal
