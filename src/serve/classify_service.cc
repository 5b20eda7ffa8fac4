#include "serve/classify_service.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "classify/classifier.h"
#include "classify/row.h"

namespace lotmark::serve {
namespace {

using std::chrono::steady_clock;

std::chrono::microseconds Since(steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin);
}

ClassifyResult ResultOf(const Error& error) {
  switch (error.code) {
    case ErrorCode::kRefused:
    case ErrorCode::kTooLarge:
      return ClassifyResult::kRefused;
    case ErrorCode::kConflict:
      return ClassifyResult::kConflict;
    case ErrorCode::kBusy:
      return ClassifyResult::kBusy;
    case ErrorCode::kWithdrawn:
      return ClassifyResult::kWithdrawn;
    default:
      return ClassifyResult::kFailed;
  }
}

// What is left of a request once its image is classified: the image itself must not wait for the disk.
struct Caller {
  ClassifyService::Done done;
  steady_clock::time_point received = steady_clock::now();
  ClassifyFacts facts = {};
};

struct Job {
  ClassifyRequest request;
  Caller caller;
};

// What the writer refuses is not the caller's fault: the caller is told so, and never the database's path.
Error NotRecorded(Error error) {
  switch (error.code) {
    case ErrorCode::kBusy:
      return {ErrorCode::kBusy, "the records database is busy: nothing was recorded"};
    case ErrorCode::kNoSpace:
    case ErrorCode::kUnconfirmed:
      return error;
    default:
      return {ErrorCode::kMachine, std::move(error.text)};
  }
}

class Service final : public ClassifyService {
 public:
  Service(const Options& options, const ModelKeeper& keeper, records::Writer& writer, Metrics& metrics, Clock& clock)
      : options_(options), keeper_(keeper), writer_(writer), metrics_(metrics), clock_(clock) {
    for (size_t i = 0; i < options_.workers; ++i) workers_.emplace_back([this] { Work(); });
  }

  ~Service() override { Drain(); }

  void Submit(ClassifyRequest request, Done done) override {
    const char* const busy = Enqueue(request, done);
    if (busy == nullptr) return ready_.notify_one();
    ClassifyFacts facts{.result = ClassifyResult::kBusy};
    facts.times[Stage::kTotal] = std::chrono::microseconds(0);
    metrics_.CountClassification(facts);
    done(Error{ErrorCode::kBusy, busy}, facts);
  }

  void Drain() override {
    {
      const std::lock_guard lock(mutex_);
      draining_ = true;
    }
    ready_.notify_all();
    // A second caller waits here until the first has seen the workers end.
    std::call_once(joined_, [this] {
      for (std::thread& worker : workers_) worker.join();
    });
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [this] { return unanswered_ == 0; });
  }

  size_t queued() const override {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }

 private:
  // Takes both and returns nullptr, or takes neither and says why.
  const char* Enqueue(ClassifyRequest& request, Done& done) {
    const std::lock_guard lock(mutex_);
    if (draining_) return "the service is draining";
    if (queue_.size() >= options_.queue) return "too many classifications are waiting";
    queue_.push_back(Job{std::move(request), Caller{std::move(done)}});
    ++unanswered_;
    return nullptr;
  }

  // The next job, or nothing when the service has drained.
  std::optional<Job> Next() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return draining_ || !queue_.empty(); });
    if (queue_.empty()) return std::nullopt;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    return job;
  }

  void Work() {
    while (std::optional<Job> job = Next()) Process(std::move(*job));
  }

  void Process(Job job) {
    // One model for the whole request, whatever is swapped in meanwhile.
    auto current = keeper_.current();
    if (!current) return Fail(std::move(job.caller), std::move(current).error());
    const std::shared_ptr<const classify::LoadedModel> model = *std::move(current);
    ClassifyFacts& facts = job.caller.facts;
    facts.version = model->manifest().version();
    facts.manifest_sha256 = model->manifest().digest();
    facts.times[Stage::kQueue] = Since(job.caller.received);
    const auto deadline = job.caller.received + options_.deadline;
    if (steady_clock::now() > deadline) {
      return Fail(std::move(job.caller), Error{ErrorCode::kBusy, "the request waited longer than its deadline"});
    }
    auto prediction = classify::Classify(*model, AsBytes(job.request.image),
                                         {.memory = options_.decode_memory, .deadline = deadline});
    if (!prediction) return Fail(std::move(job.caller), std::move(prediction).error());
    facts.times[Stage::kDecode] = prediction->decode_time;
    facts.times[Stage::kPreprocess] = prediction->preprocess_time;
    facts.times[Stage::kInference] = prediction->inference_time;
    Record(std::move(job), *model, *prediction);
  }

  void Record(Job job, const classify::LoadedModel& model, const classify::Prediction& prediction) {
    const UtcTime now = clock_.Now();
    classify::RowContext context{.id = job.request.id ? *job.request.id : Uuid::V7(now),
                                 .time = now,
                                 .source = job.request.source,
                                 .replica = options_.replica,
                                 .latency = Since(job.caller.received),
                                 .references = std::move(job.request.references)};
    records::ClassificationRow row = classify::MakeRow(model, prediction, std::move(context));
    const auto handed_over = steady_clock::now();
    writer_.Submit(
        row, [this, row, handed_over, caller = std::move(job.caller)](Result<records::InsertOutcome> outcome) mutable {
          caller.facts.times[Stage::kCommit] = Since(handed_over);
          Answer(std::move(caller), std::move(row), std::move(outcome));
        });
  }

  void Answer(Caller caller, records::ClassificationRow row, Result<records::InsertOutcome> outcome) {
    if (!outcome) return Fail(std::move(caller), NotRecorded(std::move(outcome).error()));
    if (std::holds_alternative<records::IdConflict>(*outcome)) {
      return Fail(std::move(caller),
                  Error{ErrorCode::kConflict, "id " + row.id.text() + " belongs to a classification of another image"});
    }
    auto* replayed = std::get_if<records::Replayed>(&*outcome);
    caller.facts.result = replayed != nullptr ? ClassifyResult::kReplayed : ClassifyResult::kOk;
    if (replayed != nullptr) return Finish(std::move(caller), ClassifyReply{std::move(replayed->stored), true});
    Finish(std::move(caller), ClassifyReply{std::move(row), false});
  }

  void Fail(Caller caller, Error error) {
    caller.facts.result = ResultOf(error);
    Finish(std::move(caller), std::move(error));
  }

  void Finish(Caller caller, Result<ClassifyReply> reply) {
    caller.facts.times[Stage::kTotal] = Since(caller.received);
    metrics_.CountClassification(caller.facts);
    caller.done(std::move(reply), caller.facts);
    // What `done` holds goes before Drain may return: its owner may take the rest of the service apart then.
    caller.done = nullptr;
    const std::lock_guard lock(mutex_);
    --unanswered_;
    answered_.notify_all();
  }

  const Options options_;
  const ModelKeeper& keeper_;
  records::Writer& writer_;
  Metrics& metrics_;
  Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable answered_;
  std::deque<Job> queue_;  // guarded by mutex_
  size_t unanswered_ = 0;  // accepted and not yet answered; guarded by mutex_
  bool draining_ = false;  // guarded by mutex_
  std::once_flag joined_;
  std::vector<std::thread> workers_;  // last: they use everything above
};

}  // namespace

std::unique_ptr<ClassifyService> ClassifyService::Start(const Options& options, const ModelKeeper& keeper,
                                                        records::Writer& writer, Metrics& metrics, Clock& clock) {
  Options effective = options;
  if (effective.workers == 0) effective.workers = std::max(1u, std::thread::hardware_concurrency());
  if (effective.queue == 0) effective.queue = 4 * effective.workers;
  return std::make_unique<Service>(effective, keeper, writer, metrics, clock);
}

}  // namespace lotmark::serve
