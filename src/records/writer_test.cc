#include "records/writer.h"

#include <gtest/gtest.h>

#include <future>
#include <numeric>
#include <thread>

#include "records/testing/fake_database.h"
#include "records/testing/sample_rows.h"

namespace lotmark::records {
namespace {

using Outcome = Result<InsertOutcome>;

class WriterTest : public ::testing::Test {
 protected:
  std::unique_ptr<Writer> Start(const Writer::Options& options = {}) {
    auto writer = Writer::Start([this](OpenMode mode) { return storage_.Open(mode); }, options);
    EXPECT_TRUE(writer);
    return std::move(*writer);
  }

  static std::future<Outcome> Submit(Writer& writer, ClassificationRow row) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    writer.Submit(std::move(row), [promise](Outcome outcome) { promise->set_value(std::move(outcome)); });
    return promise->get_future();
  }

  // Makes the next rows gather behind a first one that waits for the disk.
  std::future<Outcome> SubmitAndHold(Writer& writer) {
    storage_.HoldCommits();
    auto first = Submit(writer, SampleRow());
    storage_.AwaitHeldCommit();
    return first;
  }

  static ErrorCode CodeOf(std::future<Outcome>& outcome) {
    const Outcome got = outcome.get();
    EXPECT_FALSE(got);
    return got ? ErrorCode::kUsage : got.error().code;
  }

  bool IsStored(const Uuid& id) {
    return storage_.Open(OpenMode::kReadOnly).value()->FindClassification(id)->has_value();
  }

  FakeStorage storage_;
};

TEST_F(WriterTest, AnswersALoneRowWithoutWaitingForCompany) {
  const auto writer = Start();
  const auto row = SampleRow();
  const Outcome outcome = Submit(*writer, row).get();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(std::holds_alternative<Inserted>(*outcome));
  EXPECT_TRUE(IsStored(row.id));
}

TEST_F(WriterTest, PutsWhatGathersMeanwhileIntoOneGroup) {
  const auto writer = Start();
  auto first = SubmitAndHold(*writer);
  std::vector<std::future<Outcome>> rest;
  for (int i = 0; i < 10; ++i) rest.push_back(Submit(*writer, SampleRow()));
  EXPECT_EQ(writer->stats().queued, 10u);
  storage_.ReleaseCommits();
  EXPECT_TRUE(first.get());
  for (auto& outcome : rest) EXPECT_TRUE(outcome.get());
  EXPECT_EQ(storage_.group_sizes(), (std::vector<size_t>{1, 10}));
  const auto stats = writer->stats();
  EXPECT_EQ(stats.rows, 11u);
  EXPECT_EQ(stats.groups, 2u);
  EXPECT_EQ(stats.failed_groups, 0u);
  EXPECT_EQ(stats.queued, 0u);
}

TEST_F(WriterTest, KeepsGroupsWithinTheirLimit) {
  const auto writer = Start({.max_group = 4});
  auto first = SubmitAndHold(*writer);
  std::vector<std::future<Outcome>> rest;
  for (int i = 0; i < 10; ++i) rest.push_back(Submit(*writer, SampleRow()));
  storage_.ReleaseCommits();
  for (auto& outcome : rest) EXPECT_TRUE(outcome.get());
  EXPECT_EQ(storage_.group_sizes(), (std::vector<size_t>{1, 4, 4, 2}));
}

TEST_F(WriterTest, TellsEachCallerItsOwnOutcome) {
  const auto writer = Start();
  const auto row = SampleRow("image A");
  auto other = SampleRow("image B");
  other.id = row.id;
  auto first = SubmitAndHold(*writer);
  auto inserted = Submit(*writer, row);
  auto replayed = Submit(*writer, row);
  auto conflict = Submit(*writer, other);
  storage_.ReleaseCommits();
  EXPECT_TRUE(std::holds_alternative<Inserted>(*inserted.get()));
  EXPECT_TRUE(std::holds_alternative<Replayed>(*replayed.get()));
  EXPECT_TRUE(std::holds_alternative<IdConflict>(*conflict.get()));
}

TEST_F(WriterTest, RefusesABadRowAtOnceAndSparesItsNeighbours) {
  const auto writer = Start();
  auto bad = SampleRow();
  bad.references.patient_id = std::string(1000, 'x');
  auto first = SubmitAndHold(*writer);
  auto good = Submit(*writer, SampleRow());
  auto refused = Submit(*writer, bad);
  EXPECT_EQ(CodeOf(refused), ErrorCode::kRefused) << "while the disk still waits";
  storage_.ReleaseCommits();
  EXPECT_TRUE(good.get());
}

TEST_F(WriterTest, GivesTheErrorToEveryCallerOfAFailedGroupAndRetriesNothing) {
  const auto writer = Start();
  auto first = SubmitAndHold(*writer);
  const auto a = SampleRow(), b = SampleRow(), c = SampleRow();
  auto lost_a = Submit(*writer, a), lost_b = Submit(*writer, b);
  ASSERT_EQ(storage_.opened(), 1u);
  storage_.FailNextInsert({ErrorCode::kNoSpace, "first"});
  storage_.ReleaseCommits();
  EXPECT_EQ(CodeOf(first), ErrorCode::kNoSpace);
  EXPECT_TRUE(lost_a.get());
  EXPECT_TRUE(lost_b.get());

  storage_.FailNextInsert({ErrorCode::kBusy, "locked"});
  auto busy = Submit(*writer, c);
  EXPECT_EQ(CodeOf(busy), ErrorCode::kBusy);
  EXPECT_EQ(storage_.opened(), 1u) << "a full disk and a lock need no reopening";
  EXPECT_FALSE(IsStored(c.id));
  EXPECT_EQ(writer->stats().failed_groups, 2u);
  EXPECT_EQ(writer->stats().rows, 2u);
}

TEST_F(WriterTest, ReopensTheDatabaseAfterAFailureOfTheMachine) {
  for (const auto code : {ErrorCode::kUnconfirmed, ErrorCode::kMachine}) {
    const auto writer = Start();
    const size_t opened = storage_.opened();
    storage_.FailNextInsert({code, "disk error"});
    auto lost = Submit(*writer, SampleRow());
    EXPECT_EQ(CodeOf(lost), code);
    EXPECT_TRUE(Submit(*writer, SampleRow()).get());
    EXPECT_EQ(storage_.opened(), opened + 1);
  }
}

TEST_F(WriterTest, KeepsTryingToReopenForEachGroup) {
  const auto writer = Start();
  storage_.FailNextInsert(MachineFailed("disk error"));
  storage_.FailNextOpen(NotFound("gone"));
  storage_.FailNextOpen(MachineFailed("still broken"));
  auto one = Submit(*writer, SampleRow());
  EXPECT_EQ(CodeOf(one), ErrorCode::kMachine);
  auto two = Submit(*writer, SampleRow());
  EXPECT_EQ(CodeOf(two), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(*std::make_unique<std::future<Outcome>>(Submit(*writer, SampleRow()))), ErrorCode::kMachine);
  EXPECT_TRUE(Submit(*writer, SampleRow()).get());
}

TEST_F(WriterTest, ReopensOnlyWhatExists) {
  std::vector<OpenMode> modes;
  auto writer = Writer::Start(
      [&](OpenMode mode) {
        modes.push_back(mode);
        return storage_.Open(mode);
      },
      {});
  ASSERT_TRUE(writer);
  storage_.FailNextInsert(MachineFailed("disk error"));
  Submit(**writer, SampleRow()).wait();
  Submit(**writer, SampleRow()).wait();
  (*writer)->Stop();
  EXPECT_EQ(modes, (std::vector{OpenMode::kCreateOrOpen, OpenMode::kOpenExisting}));
}

TEST_F(WriterTest, DoesNotStartWithoutADatabase) {
  storage_.FailNextOpen(Refused("a newer schema"));
  const auto writer = Writer::Start([this](OpenMode mode) { return storage_.Open(mode); }, {});
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, ErrorCode::kRefused);
}

TEST_F(WriterTest, IsBusyWhenItsQueueIsFull) {
  const auto writer = Start({.max_queue = 2});
  auto first = SubmitAndHold(*writer);
  auto one = Submit(*writer, SampleRow()), two = Submit(*writer, SampleRow()), three = Submit(*writer, SampleRow());
  EXPECT_EQ(CodeOf(three), ErrorCode::kBusy) << "while the disk still waits";
  storage_.ReleaseCommits();
  EXPECT_TRUE(one.get());
  EXPECT_TRUE(two.get());
}

TEST_F(WriterTest, StopCommitsWhatIsQueuedAndThenTakesNothing) {
  const auto writer = Start();
  auto first = SubmitAndHold(*writer);
  std::vector<std::future<Outcome>> queued;
  for (int i = 0; i < 600; ++i) queued.push_back(Submit(*writer, SampleRow()));
  std::thread stopper([&] { writer->Stop(); });
  storage_.ReleaseCommits();
  stopper.join();
  EXPECT_TRUE(first.get());
  for (auto& outcome : queued) EXPECT_TRUE(outcome.get());
  auto late = Submit(*writer, SampleRow());
  EXPECT_EQ(CodeOf(late), ErrorCode::kBusy);
  const Status event = writer->Record(SampleEvent("late"));
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code, ErrorCode::kBusy);
  writer->Stop();  // again: no effect
}

TEST_F(WriterTest, DestructionCommitsWhatIsQueued) {
  auto writer = Start();
  auto first = SubmitAndHold(*writer);
  auto queued = Submit(*writer, SampleRow());
  std::thread releaser([&] { storage_.ReleaseCommits(); });
  writer.reset();
  releaser.join();
  EXPECT_TRUE(queued.get());
}

TEST_F(WriterTest, RecordsEventsDurablyInOrder) {
  const auto writer = Start();
  const auto loaded = SampleEvent("loaded"), swapped = SampleEvent("swapped");
  EXPECT_TRUE(writer->Record(loaded));
  storage_.FailNextInsert({ErrorCode::kNoSpace, "full"});
  const Status lost = writer->Record(SampleEvent("lost"));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::kNoSpace);
  EXPECT_TRUE(writer->Record(swapped));
  EXPECT_EQ(storage_.Open(OpenMode::kReadOnly).value()->ListServiceEvents(10).value(), (std::vector{swapped, loaded}));
}

TEST_F(WriterTest, ADoneMaySubmitAgain) {
  const auto writer = Start();
  std::promise<Outcome> second;
  writer->Submit(SampleRow(), [&](const Outcome&) {
    writer->Submit(SampleRow(), [&](Outcome outcome) { second.set_value(std::move(outcome)); });
  });
  EXPECT_TRUE(second.get_future().get());
}

TEST_F(WriterTest, AnswersManyThreadsExactlyOnceInFewGroups) {
  constexpr size_t kThreads = 32, kRowsEach = 200;
  const auto writer = Start();
  std::vector<std::atomic<int>> answers(kThreads * kRowsEach);
  std::vector<std::thread> threads;
  auto first = SubmitAndHold(*writer);
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < kRowsEach; ++i) {
        std::promise<void> answered;
        auto* count = &answers[t * kRowsEach + i];
        writer->Submit(SampleRow(), [&, count](const Outcome& outcome) {
          if (outcome && std::holds_alternative<Inserted>(*outcome)) ++*count;
          answered.set_value();
        });
        answered.get_future().wait();
      }
    });
  }
  while (writer->stats().queued < kThreads) std::this_thread::yield();
  storage_.ReleaseCommits();
  for (auto& thread : threads) thread.join();
  writer->Stop();
  for (const auto& count : answers) ASSERT_EQ(count.load(), 1);
  const auto sizes = storage_.group_sizes();
  EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), size_t{0}), kThreads * kRowsEach + 1);
  EXPECT_LT(sizes.size(), kThreads * kRowsEach);
}

TEST_F(WriterTest, TellsHowLongTheOldestRowWaits) {
  const auto writer = Start();
  EXPECT_EQ(writer->stats().oldest_waiting.count(), 0);
  auto first = SubmitAndHold(*writer);
  auto second = Submit(*writer, SampleRow());
  const auto early = writer->stats().oldest_waiting;
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_GE(writer->stats().oldest_waiting, early + std::chrono::milliseconds(5)) << "a row being committed waits too";
  storage_.ReleaseCommits();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
  writer->Stop();
  EXPECT_EQ(writer->stats().oldest_waiting.count(), 0);
  EXPECT_EQ(writer->stats().last_group, 1u);
}

}  // namespace
}  // namespace lotmark::records
