// What every records database must do, run on the fake and on every real one.
//
// Include it in one test file and instantiate DatabaseConformance with a factory of fresh backends.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "records/database.h"
#include "records/testing/sample_rows.h"

namespace lotmark::records {

// Where rows stay between Opens: a file, a server, a fake.
class DatabaseBackend {
 public:
  virtual ~DatabaseBackend() = default;
  virtual Result<std::unique_ptr<Database>> Open(OpenMode mode) = 0;
};

struct BackendFactory {
  std::string name;
  std::function<std::unique_ptr<DatabaseBackend>()> make;
};

inline void PrintTo(const BackendFactory& factory, std::ostream* out) { *out << factory.name; }

class DatabaseConformance : public ::testing::TestWithParam<BackendFactory> {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen(OpenMode mode = OpenMode::kCreateOrOpen) {
    database_.reset();
    auto opened = backend_->Open(mode);
    ASSERT_TRUE(opened) << opened.error().text;
    database_ = std::move(*opened);
  }

  std::vector<InsertOutcome> Insert(const std::vector<ClassificationRow>& rows) {
    auto outcomes = database_->Insert(std::span(rows));
    EXPECT_TRUE(outcomes) << outcomes.error().text;
    return outcomes ? std::move(*outcomes) : std::vector<InsertOutcome>();
  }

  std::optional<ClassificationRow> Find(const Uuid& id) {
    auto found = database_->FindClassification(id);
    EXPECT_TRUE(found) << found.error().text;
    return found ? std::move(*found) : std::nullopt;
  }

  std::unique_ptr<DatabaseBackend> backend_ = GetParam().make();
  std::unique_ptr<Database> database_;
};

TEST_P(DatabaseConformance, ReadsBackEveryColumnAfterReopening) {
  const auto row = SampleRow();
  auto bare = SampleRow();
  bare.references = {};
  bare.warnings = {};
  const auto outcomes = Insert({row, bare});
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<Inserted>(outcomes[0]));
  EXPECT_TRUE(std::holds_alternative<Inserted>(outcomes[1]));
  Reopen();
  EXPECT_EQ(Find(row.id), row);
  EXPECT_EQ(Find(bare.id), bare);
}

TEST_P(DatabaseConformance, KeepsEachReferenceWithoutTheOthers) {
  for (int which = 0; which < 4; ++which) {
    auto row = SampleRow();
    row.references = {};
    std::optional<std::string>* const all[] = {&row.references.lesion_image_id, &row.references.patient_id,
                                               &row.references.encounter_id, &row.references.anatomical_site};
    *all[which] = "only this";
    Insert({row});
    EXPECT_EQ(Find(row.id), row) << which;
  }
}

TEST_P(DatabaseConformance, KnowsNothingOfAnotherId) {
  Insert({SampleRow()});
  EXPECT_EQ(Find(Uuid::V4()), std::nullopt);
}

TEST_P(DatabaseConformance, AnswersTheSameIdAndImageWithTheStoredRow) {
  const auto row = SampleRow("image A");
  Insert({row});
  auto again = row;
  again.time += std::chrono::seconds(5);
  again.top_class = "melanoma";
  again.references.patient_id = "somebody else";
  const auto outcomes = Insert({again});
  ASSERT_EQ(outcomes.size(), 1u);
  ASSERT_TRUE(std::holds_alternative<Replayed>(outcomes[0]));
  EXPECT_EQ(std::get<Replayed>(outcomes[0]).stored, row);
  EXPECT_EQ(Find(row.id), row);
}

TEST_P(DatabaseConformance, RefusesTheSameIdWithAnotherImage) {
  const auto row = SampleRow("image A");
  Insert({row});
  auto other = SampleRow("image B");
  other.id = row.id;
  const auto outcomes = Insert({other});
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<IdConflict>(outcomes[0]));
  EXPECT_EQ(Find(row.id), row);
}

TEST_P(DatabaseConformance, JudgesTheSameIdTwiceInOneBatch) {
  const auto first = SampleRow("image A");
  auto same = first;
  same.replica = "clinic-2";
  auto other = SampleRow("image B");
  other.id = first.id;
  const auto bystander = SampleRow("image C");
  const auto outcomes = Insert({first, same, other, bystander});
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_TRUE(std::holds_alternative<Inserted>(outcomes[0]));
  ASSERT_TRUE(std::holds_alternative<Replayed>(outcomes[1]));
  EXPECT_EQ(std::get<Replayed>(outcomes[1]).stored, first);
  EXPECT_TRUE(std::holds_alternative<IdConflict>(outcomes[2]));
  EXPECT_TRUE(std::holds_alternative<Inserted>(outcomes[3]));
  EXPECT_EQ(Find(first.id), first);
  EXPECT_EQ(Find(bystander.id), bystander);
}

TEST_P(DatabaseConformance, StoresNothingOfABatchWithABadRow) {
  const auto good = SampleRow();
  auto bad = SampleRow();
  bad.references.patient_id = std::string("nul\0nul", 7);
  const std::vector<ClassificationRow> rows = {good, bad};
  const auto outcomes = database_->Insert(std::span(rows));
  ASSERT_FALSE(outcomes);
  EXPECT_EQ(outcomes.error().code, ErrorCode::kRefused);
  EXPECT_EQ(Find(good.id), std::nullopt);
}

TEST_P(DatabaseConformance, AcceptsAnEmptyBatch) { EXPECT_TRUE(Insert({}).empty()); }

TEST_P(DatabaseConformance, CountsWhatAVersionMade) {
  ClassificationRow early = SampleRow("one");
  ClassificationRow late = SampleRow("two");
  late.time = early.time + std::chrono::seconds(5);
  ClassificationRow other = SampleRow("three");
  other.manifest_sha256 = Sha256Of("another manifest");
  ASSERT_TRUE(database_->Insert(std::vector{late, other, early}));
  constexpr std::chrono::minutes kLong(1);
  const auto use = database_->CountOf(early.model_name, early.model_version, early.manifest_sha256, kLong);
  ASSERT_TRUE(use) << use.error().text;
  EXPECT_EQ(use->count, 2U);
  EXPECT_EQ(use->first, early.time);
  const auto none = database_->CountOf(early.model_name, early.model_version, Sha256Of("none"), kLong);
  EXPECT_EQ(none.value().count, 0U);
  EXPECT_FALSE(none.value().first);
}

TEST_P(DatabaseConformance, ListsNewestFirstByTimeThenId) {
  std::vector<ClassificationRow> rows(4, SampleRow());
  const UtcTime time = rows[0].time;
  const char* const ids[] = {"00000000-0000-7000-8000-000000000003", "00000000-0000-7000-8000-000000000001",
                             "00000000-0000-7000-8000-000000000002", "00000000-0000-7000-8000-000000000004"};
  const int seconds[] = {1, 1, 9, 0};
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].id = Uuid::Parse(ids[i]).value();
    rows[i].time = time + std::chrono::seconds(seconds[i]);
  }
  Insert(rows);
  const std::vector<ClassificationRow> expected = {rows[2], rows[0], rows[1], rows[3]};
  EXPECT_EQ(database_->ListClassifications(100).value(), expected);
  EXPECT_EQ(database_->ListClassifications(2).value(), std::vector(expected.begin(), expected.begin() + 2));
  EXPECT_TRUE(database_->ListClassifications(0).value().empty());
  EXPECT_EQ(database_->ListClassifications(SIZE_MAX).value().size(), 4u);
}

TEST_P(DatabaseConformance, ListsServiceEventsByInsertionEvenWhenClocksDisagree) {
  auto first = SampleEvent("first");
  first.time += std::chrono::hours(1);
  auto second = SampleEvent("second");
  second.manifest_sha256 = std::nullopt;
  second.model_name = second.model_version = "";
  second.kind = ServiceEventKind::kRefused;
  ASSERT_TRUE(database_->Insert(first));
  ASSERT_TRUE(database_->Insert(second));
  Reopen();
  EXPECT_EQ(database_->ListServiceEvents(10).value(), (std::vector{second, first}));
  EXPECT_EQ(database_->ListServiceEvents(1).value(), std::vector{second});
}

TEST_P(DatabaseConformance, OnlyReadsWhenOpenedForReading) {
  const auto row = SampleRow();
  Insert({row});
  Reopen(OpenMode::kReadOnly);
  EXPECT_EQ(Find(row.id), row);
  const std::vector<ClassificationRow> more = {SampleRow()};
  const auto outcomes = database_->Insert(std::span(more));
  ASSERT_FALSE(outcomes);
  EXPECT_EQ(outcomes.error().code, ErrorCode::kRefused);
  const Status event = database_->Insert(SampleEvent("refused"));
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code, ErrorCode::kRefused);
  EXPECT_EQ(database_->ListClassifications(10).value().size(), 1u);
}

TEST_P(DatabaseConformance, ReaderSeesWhatAWriterCommitsMeanwhile) {
  auto reader = backend_->Open(OpenMode::kReadOnly);
  ASSERT_TRUE(reader) << reader.error().text;
  const auto row = SampleRow();
  Insert({row});
  EXPECT_EQ((*reader)->FindClassification(row.id).value(), row);
}

TEST_P(DatabaseConformance, StoresHostileTextExactly) {
  const std::string hostile[] = {"'; DROP TABLE lesion_classifications; --",
                                 "line\nbreak\r\n\ttab",
                                 "\"}],{\\u0000",
                                 "\x01\x1b[31m\x7f",
                                 "Zoë 皮膚 \xF0\x9F\xA9\xBA",
                                 "%s%n?1"};
  for (const auto& text : hostile) {
    auto row = SampleRow();
    row.references = {text, text, text, text};
    row.classes[1] = row.top_class = row.warnings[0] = row.replica = row.cpu_features = text;
    Insert({row});
    EXPECT_EQ(Find(row.id), row);
  }
}

}  // namespace lotmark::records
