#include "records/writer.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>

#include "records/row_check.h"

namespace lotmark::records {
namespace {

using std::chrono::steady_clock;

struct PendingEvent {
  ServiceEvent event;
  std::promise<Status> done;
};

// What the thread commits next. The rows lie apart from their callbacks because Insert wants them side by side.
struct Group {
  std::vector<ClassificationRow> rows;
  std::vector<Writer::Done> callbacks;
  std::deque<PendingEvent> events;
};

// After these the object may be of no use any more: the disk failed beneath it.
bool NeedsReopening(const Error& error) {
  return error.code == ErrorCode::kMachine || error.code == ErrorCode::kUnconfirmed;
}

// The database of the writer's thread, opened again after a failure of the machine.
class ReopeningDatabase {
 public:
  ReopeningDatabase(std::unique_ptr<Database> database, Writer::Open open)
      : database_(std::move(database)), open_(std::move(open)) {}

  template <typename Rows>
  auto Insert(const Rows& rows) -> decltype(std::declval<Database&>().Insert(rows)) {
    if (!database_) {
      LOTMARK_ASSIGN_OR_RETURN(database_, open_(OpenMode::kOpenExisting));
    }
    auto result = database_->Insert(rows);
    if (!result && NeedsReopening(result.error())) database_.reset();
    return result;
  }

 private:
  std::unique_ptr<Database> database_;
  Writer::Open open_;
};

class GroupingWriter final : public Writer {
 public:
  GroupingWriter(std::unique_ptr<Database> database, Open open, const Options& options)
      : options_(options), database_(std::move(database), std::move(open)), thread_([this] { Run(); }) {}

  ~GroupingWriter() override { Stop(); }

  void Submit(ClassificationRow row, Done done) override {
    if (Status checked = CheckRow(row); !checked) return done(std::move(checked).error());
    if (Enqueue(row, done)) return work_.notify_one();
    done(Error{ErrorCode::kBusy, "records: the queue is full or the service is stopping", "try again later"});
  }

  Status Record(const ServiceEvent& event) override {
    std::future<Status> done;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return Error{ErrorCode::kBusy, "records: the service is stopping"};
      events_.push_back({event, {}});
      done = events_.back().done.get_future();
    }
    work_.notify_one();
    return done.get();
  }

  void Stop() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_one();
    // A second caller waits here until the first has seen the thread end.
    std::call_once(joined_, [this] { thread_.join(); });
  }

  Stats stats() const override {
    const std::lock_guard lock(mutex_);
    Stats stats = stats_;
    stats.queued = rows_.size();
    if (oldest_in_group_ || !submitted_.empty()) {
      const auto oldest = oldest_in_group_ ? *oldest_in_group_ : submitted_.front();
      stats.oldest_waiting = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - oldest);
    }
    return stats;
  }

 private:
  // Takes `row` and `done` only when it returns true.
  bool Enqueue(ClassificationRow& row, Done& done) {
    const std::lock_guard lock(mutex_);
    if (stopping_ || rows_.size() >= options_.max_queue) return false;
    rows_.push_back(std::move(row));
    callbacks_.push_back(std::move(done));
    submitted_.push_back(steady_clock::now());
    return true;
  }

  void Run() {
    while (true) {
      Group group = WaitForWork();
      if (group.rows.empty() && group.events.empty()) return;
      for (auto& pending : group.events) pending.done.set_value(database_.Insert(pending.event));
      if (!group.rows.empty()) CommitRows(group);
    }
  }

  // Empty only when the writer stops and nothing is left.
  Group WaitForWork() {
    std::unique_lock lock(mutex_);
    work_.wait(lock, [this] { return stopping_ || !rows_.empty() || !events_.empty(); });
    Group group;
    group.events.swap(events_);
    const auto count = static_cast<std::ptrdiff_t>(std::min(rows_.size(), options_.max_group));
    group.rows.assign(std::move_iterator(rows_.begin()), std::move_iterator(rows_.begin() + count));
    group.callbacks.assign(std::move_iterator(callbacks_.begin()), std::move_iterator(callbacks_.begin() + count));
    if (count > 0) oldest_in_group_ = submitted_.front();
    submitted_.erase(submitted_.begin(), submitted_.begin() + count);
    rows_.erase(rows_.begin(), rows_.begin() + count);
    callbacks_.erase(callbacks_.begin(), callbacks_.begin() + count);
    return group;
  }

  void CommitRows(Group& group) {
    auto outcomes = database_.Insert(std::span<const ClassificationRow>(group.rows));
    CountGroup(outcomes ? group.rows.size() : 0);
    for (size_t i = 0; i < group.callbacks.size(); ++i) {
      if (outcomes) {
        group.callbacks[i](std::move((*outcomes)[i]));
      } else {
        group.callbacks[i](outcomes.error());
      }
    }
  }

  void CountGroup(size_t rows) {
    const std::lock_guard lock(mutex_);
    oldest_in_group_.reset();
    stats_.rows += rows;
    if (rows > 0) stats_.last_group = rows;
    ++(rows > 0 ? stats_.groups : stats_.failed_groups);
  }

  const Options options_;
  ReopeningDatabase database_;  // the thread's alone

  mutable std::mutex mutex_;  // guards what follows, up to `joined_`
  std::condition_variable work_;
  std::deque<ClassificationRow> rows_;  // callbacks_[i] belongs to rows_[i]
  std::deque<Done> callbacks_;
  std::deque<steady_clock::time_point> submitted_;           // of rows_[i]
  std::optional<steady_clock::time_point> oldest_in_group_;  // of the rows that are being committed
  std::deque<PendingEvent> events_;
  Stats stats_;
  bool stopping_ = false;

  std::once_flag joined_;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace

Result<std::unique_ptr<Writer>> Writer::Start(Open open, const Options& options) {
  LOTMARK_ASSIGN_OR_RETURN(auto database, open(OpenMode::kCreateOrOpen));
  return std::unique_ptr<Writer>(std::make_unique<GroupingWriter>(std::move(database), std::move(open), options));
}

}  // namespace lotmark::records
