#include "store/parallel_hash.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>

namespace lotmark::store {
namespace {

Result<fs::HashedFile> HashOne(const HashJob& job, const fs::Progress& step) {
  LOTMARK_ASSIGN_OR_RETURN(const auto file, job.folder->OpenFile(job.path));
  return fs::HashFile(*file, step);
}

// Adds up what all threads have done and tells the caller, one thread at a time.
class SharedProgress {
 public:
  SharedProgress(const ProgressFn& progress, uint64_t total) : progress_(progress), total_(total) {}

  // False once interrupted.
  bool Add(const std::string& file, uint64_t bytes) {
    const std::lock_guard guard(mutex_);
    done_ += bytes;
    if (!interrupted_ && progress_ && !progress_({file, done_, total_})) interrupted_ = true;
    return !interrupted_;
  }

  bool interrupted() const {
    const std::lock_guard guard(mutex_);
    return interrupted_;
  }

 private:
  const ProgressFn& progress_;
  const uint64_t total_;
  mutable std::mutex mutex_;
  uint64_t done_ = 0;
  bool interrupted_ = false;
};

class Work {
 public:
  Work(const std::vector<HashJob>& jobs, SharedProgress& progress)
      : jobs_(jobs), progress_(progress), results_(jobs.size(), Refused("interrupted")) {}

  // Takes jobs until none is left or the work is interrupted. Run by every thread.
  void TakeJobs() {
    for (size_t at = next_++; at < jobs_.size() && !progress_.interrupted(); at = next_++) {
      uint64_t told = 0;
      results_[at] = HashOne(jobs_[at], [&](uint64_t done) {
        const uint64_t more = done - told;
        told = done;
        return progress_.Add(jobs_[at].path, more);
      });
    }
  }

  std::vector<Result<fs::HashedFile>> TakeResults() { return std::move(results_); }

 private:
  const std::vector<HashJob>& jobs_;
  SharedProgress& progress_;
  std::atomic<size_t> next_ = 0;
  std::vector<Result<fs::HashedFile>> results_;
};

std::vector<std::jthread> StartHelpers(size_t wanted, Work& work) {
  std::vector<std::jthread> helpers;
  try {
    for (size_t i = 0; i < wanted; ++i) helpers.emplace_back([&work] { work.TakeJobs(); });
  } catch (const std::system_error&) {
    // The machine has no more threads to give: those that there are do the work.
  }
  return helpers;
}

}  // namespace

Result<std::vector<Result<fs::HashedFile>>> HashAll(const std::vector<HashJob>& jobs, const ProgressFn& progress) {
  uint64_t total = 0;
  for (const HashJob& job : jobs) total += job.size;
  SharedProgress shared(progress, total);
  Work work(jobs, shared);
  {
    const size_t threads = std::min<size_t>(std::max(1U, std::thread::hardware_concurrency()), jobs.size());
    const std::vector<std::jthread> helpers = StartHelpers(threads == 0 ? 0 : threads - 1, work);
    work.TakeJobs();
  }
  if (shared.interrupted()) return Refused("interrupted");
  return work.TakeResults();
}

}  // namespace lotmark::store
