#include "serve/classify_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "classify/classifier.h"
#include "records/testing/fake_database.h"
#include "serve/testing/fake_volume.h"

namespace lotmark::serve {
namespace {

using std::chrono::milliseconds;
using testing::GreenImage;
using ::testing::HasSubstr;
using testing::MakeModel;
using ::testing::Not;
using testing::RedImage;

// A keeper whose model a test exchanges, and which can make those who ask for it wait.
class FakeKeeper final : public ModelKeeper {
 public:
  explicit FakeKeeper(std::shared_ptr<const classify::LoadedModel> model) : model_(std::move(model)) {}

  Result<std::shared_ptr<const classify::LoadedModel>> current() const override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !held_; });
    if (withdrawn_) return Error{ErrorCode::kWithdrawn, "v1 was rolled back from"};
    return model_;
  }
  KeeperState state() const override { return {}; }

  void Swap(std::shared_ptr<const classify::LoadedModel> model) {
    const std::lock_guard lock(mutex_);
    model_ = std::move(model);
  }
  void Withdraw(bool withdrawn) {
    const std::lock_guard lock(mutex_);
    withdrawn_ = withdrawn;
  }
  void Hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::shared_ptr<const classify::LoadedModel> model_;
  bool held_ = false;
  bool withdrawn_ = false;
};

using Reply = Result<ClassifyReply>;

class ClassifyServiceTest : public ::testing::Test {
 protected:
  ~ClassifyServiceTest() override {
    keeper_.Release();
    storage_.ReleaseCommits();
    service_.reset();
  }

  void Start(ClassifyService::Options options = {.workers = 2, .queue = 64}) {
    options.replica = "clinic-1";
    service_ = ClassifyService::Start(options, keeper_, *writer_, *metrics_, clock_);
  }

  static ClassifyRequest Request(const std::string& image, std::optional<Uuid> id = std::nullopt) {
    ClassifyRequest request;
    request.image = image;
    request.id = id;
    return request;
  }

  std::future<Reply> Submit(ClassifyRequest request) {
    auto promise = std::make_shared<std::promise<Reply>>();
    auto reply = promise->get_future();
    service_->Submit(std::move(request),
                     [promise](Reply answer, const ClassifyFacts&) { promise->set_value(std::move(answer)); });
    return reply;
  }
  Reply Classify(ClassifyRequest request) { return Submit(std::move(request)).get(); }

  // "ok", or the error.
  static std::string Outcome(const Reply& reply) { return reply ? "ok" : reply.error().text; }
  static bool Answered(std::future<Reply>& reply) {
    return reply.wait_for(milliseconds(0)) == std::future_status::ready;
  }
  void AwaitQueued(size_t count) {
    while (service_->queued() != count) std::this_thread::sleep_for(milliseconds(1));
  }
  std::optional<records::ClassificationRow> Stored(const Uuid& id) {
    return *(*storage_.Open(records::OpenMode::kReadOnly))->FindClassification(id);
  }
  size_t StoredCount() { return (*storage_.Open(records::OpenMode::kReadOnly))->ListClassifications(1000)->size(); }
  bool Counted(const std::string& series) { return metrics_->Render({}).find(series + "\n") != std::string::npos; }

  SystemClock clock_;
  records::FakeStorage storage_;
  std::unique_ptr<Metrics> metrics_ = Metrics::Make();
  FakeKeeper keeper_{MakeModel("v1")};
  std::unique_ptr<records::Writer> writer_ =
      std::move(*records::Writer::Start([this](records::OpenMode mode) { return storage_.Open(mode); }, {}));
  std::unique_ptr<ClassifyService> service_;
};

TEST_F(ClassifyServiceTest, AnswersWithTheRowThatItStored) {
  Start();
  ClassifyRequest request = Request(RedImage());
  request.references.patient_id = "p-17";
  request.source = records::Source::kTest;
  const Reply reply = Classify(std::move(request));
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_FALSE(reply->replayed);
  EXPECT_EQ(reply->row.model_version.text(), "v1");
  EXPECT_EQ(reply->row.manifest_sha256, (*keeper_.current())->manifest().digest());
  EXPECT_EQ(reply->row.image_sha256, Sha256Of(RedImage()));
  EXPECT_EQ(reply->row.replica, "clinic-1");
  EXPECT_EQ(reply->row.source, records::Source::kTest);
  EXPECT_EQ(reply->row.references.patient_id, "p-17");
  EXPECT_EQ(reply->row.id.text()[14], '7') << "a time-ordered id";
  EXPECT_EQ(Stored(reply->row.id), reply->row);
  EXPECT_TRUE(Counted(R"(lotmark_classifications_total{model_version="v1",result="ok"} 1)"));
}

TEST_F(ClassifyServiceTest, RefusesWhileNoVersionMayServe) {
  Start();
  keeper_.Withdraw(true);
  const Reply refused = Classify(Request(RedImage()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kWithdrawn);
  EXPECT_EQ(refused.error().text, "v1 was rolled back from");
  EXPECT_EQ(StoredCount(), 0u);
  EXPECT_TRUE(Counted(R"(lotmark_classifications_total{model_version="",result="withdrawn"} 1)"));
  keeper_.Withdraw(false);
  EXPECT_EQ(Outcome(Classify(Request(RedImage()))), "ok");
}

TEST_F(ClassifyServiceTest, AnswersOnlyWhenTheRowIsDurable) {
  Start();
  storage_.HoldCommits();
  auto reply = Submit(Request(RedImage()));
  storage_.AwaitHeldCommit();
  EXPECT_FALSE(Answered(reply));
  storage_.ReleaseCommits();
  EXPECT_EQ(Outcome(reply.get()), "ok");
}

TEST_F(ClassifyServiceTest, ARowThatCannotBeStoredIsNeverAnsweredAsDone) {
  Start();
  const struct {
    Error failure;
    ErrorCode code;
  } cases[] = {
      {{ErrorCode::kNoSpace, "/srv/records.db: full"}, ErrorCode::kNoSpace},
      {{ErrorCode::kMachine, "/srv/records.db: input/output error"}, ErrorCode::kMachine},
      {{ErrorCode::kUnconfirmed, "/srv/records.db: commit failed"}, ErrorCode::kUnconfirmed},
      // What the database refuses is not the caller's fault.
      {{ErrorCode::kRefused, "/srv/records.db: not a database"}, ErrorCode::kMachine},
      {{ErrorCode::kBusy, "/srv/records.db: locked"}, ErrorCode::kBusy},
  };
  for (const auto& one : cases) {
    storage_.FailNextInsert(one.failure);
    const Reply reply = Classify(Request(RedImage()));
    ASSERT_FALSE(reply) << one.failure.text;
    EXPECT_EQ(reply.error().code, one.code) << one.failure.text;
    if (one.code == ErrorCode::kBusy) {
      EXPECT_THAT(reply.error().text, Not(HasSubstr("/srv")));
    }
  }
  EXPECT_EQ(StoredCount(), 0u);
  EXPECT_EQ(Outcome(Classify(Request(RedImage()))), "ok") << "it goes on afterwards";
  EXPECT_TRUE(Counted(R"(lotmark_classifications_total{model_version="v1",result="failed"} 4)"));
}

TEST_F(ClassifyServiceTest, TheSameIdWithTheSameImageIsAnsweredFromTheStoredRow) {
  Start();
  const Uuid id = Uuid::V4();
  const Reply first = Classify(Request(RedImage(), id));
  keeper_.Swap(MakeModel("v2"));
  const Reply second = Classify(Request(RedImage(), id));
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(first->replayed);
  EXPECT_TRUE(second->replayed);
  EXPECT_EQ(second->row, first->row) << "also when another version serves by now";
  EXPECT_EQ(StoredCount(), 1u);
}

TEST_F(ClassifyServiceTest, TheSameIdWithAnotherImageIsAConflict) {
  Start();
  const Uuid id = Uuid::V4();
  ASSERT_TRUE(Classify(Request(RedImage(), id)));
  const Reply second = Classify(Request(GreenImage(), id));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_THAT(second.error().text, HasSubstr(id.text()));
  EXPECT_EQ(Stored(id)->image_sha256, Sha256Of(RedImage()));
}

TEST_F(ClassifyServiceTest, AnUnusableImageIsRefusedAndNotRecorded) {
  Start();
  for (const std::string& image : {std::string(), std::string("no image"), RedImage().substr(0, 60)}) {
    const Reply reply = Classify(Request(image));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::kRefused) << reply.error().text;
  }
  EXPECT_EQ(StoredCount(), 0u);
  EXPECT_TRUE(Counted(R"(lotmark_classifications_total{model_version="v1",result="refused"} 3)"));
}

TEST_F(ClassifyServiceTest, AModelThatFailsIsAFailureOfTheMachine) {
  keeper_.Swap(MakeModel("v1", {.mode = "fail"}));
  Start();
  const Reply reply = Classify(Request(RedImage()));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kMachine);
  EXPECT_EQ(StoredCount(), 0u);
}

TEST_F(ClassifyServiceTest, AFullQueueIsBusyAtOnceAndThoseInItAreAnswered) {
  Start({.workers = 1, .queue = 2});
  keeper_.Hold();
  std::vector<std::future<Reply>> accepted;
  accepted.push_back(Submit(Request(RedImage())));
  AwaitQueued(0);  // the worker has it
  accepted.push_back(Submit(Request(RedImage())));
  accepted.push_back(Submit(Request(RedImage())));
  EXPECT_EQ(service_->queued(), 2u);
  auto refused = Submit(Request(RedImage()));
  ASSERT_TRUE(Answered(refused));
  const Reply reply = refused.get();
  EXPECT_EQ(reply.error().code, ErrorCode::kBusy);
  EXPECT_THAT(reply.error().text, HasSubstr("waiting"));
  keeper_.Release();
  for (auto& one : accepted) EXPECT_EQ(Outcome(one.get()), "ok");
}

TEST_F(ClassifyServiceTest, ARequestPastItsDeadlineIsBusyAndNotRecorded) {
  Start({.workers = 1, .queue = 4, .deadline = milliseconds(5)});
  keeper_.Hold();
  auto late = Submit(Request(RedImage()));
  std::this_thread::sleep_for(milliseconds(20));
  keeper_.Release();
  const Reply reply = late.get();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kBusy);
  EXPECT_THAT(reply.error().text, HasSubstr("deadline"));
  EXPECT_EQ(StoredCount(), 0u);
}

TEST_F(ClassifyServiceTest, DrainAnswersAllThatWereAcceptedAndRefusesTheRest) {
  Start({.workers = 1, .queue = 8});
  keeper_.Hold();
  storage_.HoldCommits();
  const auto owned = std::make_shared<int>(0);
  std::atomic<int> ok{0};
  for (int i = 0; i < 5; ++i) {
    service_->Submit(Request(RedImage()),
                     [owned, &ok](const Reply& reply, const ClassifyFacts&) { ok += reply ? 1 : 0; });
  }
  std::promise<void> drained;
  std::thread draining([&] {
    service_->Drain();
    EXPECT_EQ(ok, 5);
    EXPECT_EQ(owned.use_count(), 1) << "what the callbacks hold is gone when Drain returns";
    drained.set_value();
  });
  // Until draining has begun, requests are still accepted (and refused later, as no images).
  const auto is_draining = [this] {
    auto late = Submit(Request("no image"));
    return Answered(late) && Outcome(late.get()) == "the service is draining";
  };
  while (!is_draining()) std::this_thread::sleep_for(milliseconds(1));
  auto done = drained.get_future();
  keeper_.Release();
  storage_.AwaitHeldCommit();
  EXPECT_EQ(done.wait_for(milliseconds(20)), std::future_status::timeout) << "rows are still on their way";
  storage_.ReleaseCommits();
  done.get();
  draining.join();
  EXPECT_EQ(StoredCount(), 5u);
  service_->Drain();
  EXPECT_EQ(Classify(Request(RedImage())).error().code, ErrorCode::kBusy);
}

TEST_F(ClassifyServiceTest, AWriterThatStoppedFirstLeavesNobodyWithoutAnAnswer) {
  Start();
  writer_->Stop();
  const Reply reply = Classify(Request(RedImage()));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kBusy);
  service_->Drain();
}

TEST_F(ClassifyServiceTest, EachRequestIsAnsweredByOneModelWhileVersionsSwap) {
  Start({.workers = 4, .queue = 1000});
  const std::shared_ptr<const classify::LoadedModel> models[] = {MakeModel("v1"), MakeModel("v2")};
  std::map<std::string, std::vector<float>> expected;
  for (const auto& model : models) {
    expected[model->manifest().digest().hex()] = classify::Classify(*model, AsBytes(RedImage()))->probabilities;
  }
  std::vector<std::future<Reply>> replies;
  for (size_t i = 0; i < 400; ++i) {
    keeper_.Swap(models[i % 2]);
    replies.push_back(Submit(Request(RedImage())));
    if (i % 16 == 0) replies.back().wait();
  }
  std::set<std::string> versions;
  std::set<Uuid> ids;
  for (auto& one : replies) {
    const Reply reply = one.get();
    ASSERT_TRUE(reply) << reply.error().text;
    const auto& row = reply->row;
    EXPECT_EQ(row.probabilities, expected.at(row.manifest_sha256.hex())) << row.model_version.text();
    versions.insert(row.model_version.text());
    ids.insert(row.id);
  }
  EXPECT_EQ(versions.size(), 2u);
  EXPECT_EQ(ids.size(), 400u);
  EXPECT_EQ(StoredCount(), 400u);
}

// What became of one request, as the log and the metrics are told.
ClassifyFacts FactsOf(ClassifyService& service, ClassifyRequest request) {
  std::promise<ClassifyFacts> told;
  service.Submit(std::move(request), [&](const Reply&, const ClassifyFacts& facts) { told.set_value(facts); });
  return told.get_future().get();
}

TEST_F(ClassifyServiceTest, TellsWhereTheTimeWentAndWhichModelItWas) {
  Start();
  const Uuid id = Uuid::V4();
  const ClassifyFacts ok = FactsOf(*service_, Request(RedImage(), id));
  EXPECT_EQ(ok.result, ClassifyResult::kOk);
  EXPECT_EQ(ok.version->text(), "v1");
  EXPECT_EQ(ok.manifest_sha256, (*keeper_.current())->manifest().digest());
  std::chrono::microseconds sum{0};
  for (const Stage stage : {Stage::kQueue, Stage::kDecode, Stage::kPreprocess, Stage::kInference, Stage::kCommit}) {
    ASSERT_TRUE(ok.times[stage]) << StageName(stage);
    sum += *ok.times[stage];
  }
  EXPECT_GE(*ok.times[Stage::kTotal], sum);
  EXPECT_EQ(FactsOf(*service_, Request(RedImage(), id)).result, ClassifyResult::kReplayed);
  EXPECT_EQ(FactsOf(*service_, Request(GreenImage(), id)).result, ClassifyResult::kConflict);

  const ClassifyFacts refused = FactsOf(*service_, Request("no image"));
  EXPECT_EQ(refused.result, ClassifyResult::kRefused);
  EXPECT_EQ(refused.version->text(), "v1");
  EXPECT_TRUE(refused.times[Stage::kTotal]);
  EXPECT_FALSE(refused.times[Stage::kInference]);

  service_->Drain();
  const ClassifyFacts busy = FactsOf(*service_, Request(RedImage()));
  EXPECT_EQ(busy.result, ClassifyResult::kBusy);
  EXPECT_FALSE(busy.version);
}

TEST_F(ClassifyServiceTest, AnImageThatGetsNoMemoryByTheDeadlineIsBusy) {
  classify::DecodeMemory memory(64 << 20);
  std::optional<classify::DecodeMemory::Reservation> held(
      std::move(*memory.Reserve(64 << 20, std::chrono::steady_clock::time_point::max())));
  Start({.workers = 2, .queue = 8, .deadline = milliseconds(50), .decode_memory = &memory});
  const Reply late = Classify(Request(RedImage()));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kBusy);
  EXPECT_EQ(StoredCount(), 0u);
  held.reset();
  service_->Drain();
  Start({.workers = 2, .queue = 8, .decode_memory = &memory});
  EXPECT_EQ(Outcome(Classify(Request(RedImage()))), "ok");
  EXPECT_EQ(memory.stats().reserved, 0u);
  service_.reset();
}

// Workers that wait for memory are still drained: whoever holds it gives it back.
TEST_F(ClassifyServiceTest, ManyWorkersShareLittleMemory) {
  classify::DecodeMemory memory(12 << 20);  // one image of any kind at a time
  Start({.workers = 8, .queue = 100, .decode_memory = &memory});
  std::vector<std::future<Reply>> replies;
  for (int i = 0; i < 80; ++i) replies.push_back(Submit(Request(i % 2 == 0 ? RedImage() : GreenImage())));
  service_->Drain();
  for (auto& reply : replies) EXPECT_EQ(Outcome(reply.get()), "ok");
  EXPECT_LE(memory.stats().peak, 12u << 20);
  EXPECT_GT(memory.stats().peak, 0u);
  service_.reset();
}

}  // namespace
}  // namespace lotmark::serve
