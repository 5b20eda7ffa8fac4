#include "records/testing/fake_database.h"

#include <algorithm>
#include <utility>

#include "records/row_check.h"

namespace lotmark::records {

class FakeStorage::FakeDatabase final : public Database {
 public:
  FakeDatabase(FakeStorage& storage, OpenMode mode) : storage_(storage), mode_(mode) {}

  Result<std::vector<InsertOutcome>> Insert(std::span<const ClassificationRow> rows) override {
    for (const auto& row : rows) LOTMARK_RETURN_IF_ERROR(CheckRow(row));
    std::unique_lock lock(storage_.mutex_);
    LOTMARK_RETURN_IF_ERROR(BeginWrite(lock));
    std::vector<InsertOutcome> outcomes;
    for (const auto& row : rows) {
      const auto [place, inserted] = storage_.rows_.try_emplace(row.id, row);
      if (inserted) {
        outcomes.emplace_back(Inserted{});
      } else if (place->second.image_sha256 == row.image_sha256) {
        outcomes.emplace_back(Replayed{place->second});
      } else {
        outcomes.emplace_back(IdConflict{});
      }
    }
    storage_.group_sizes_.push_back(rows.size());
    return outcomes;
  }

  Status Insert(const ServiceEvent& event) override {
    LOTMARK_RETURN_IF_ERROR(CheckEvent(event));
    std::unique_lock lock(storage_.mutex_);
    LOTMARK_RETURN_IF_ERROR(BeginWrite(lock));
    storage_.events_.push_back(event);
    return Ok();
  }

  Result<std::optional<ClassificationRow>> FindClassification(const Uuid& id) override {
    const std::lock_guard lock(storage_.mutex_);
    const auto found = storage_.rows_.find(id);
    if (found == storage_.rows_.end()) return std::optional<ClassificationRow>();
    return std::optional(found->second);
  }

  Result<std::vector<ClassificationRow>> ListClassifications(size_t limit) override {
    const std::lock_guard lock(storage_.mutex_);
    std::vector<ClassificationRow> rows;
    for (const auto& [id, row] : storage_.rows_) rows.push_back(row);
    std::sort(rows.begin(), rows.end(),
              [](const auto& a, const auto& b) { return std::pair(a.time, a.id) > std::pair(b.time, b.id); });
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(std::min(limit, rows.size())), rows.end());
    return rows;
  }

  Result<VersionUse> CountOf(const ModelName& model, const Version& version, const Digest& manifest_sha256,
                             std::chrono::milliseconds) override {
    const std::lock_guard lock(storage_.mutex_);
    VersionUse use;
    for (const auto& [id, row] : storage_.rows_) {
      if (row.model_name != model || row.model_version != version || row.manifest_sha256 != manifest_sha256) continue;
      ++use.count;
      use.first = use.first ? std::min(*use.first, row.time) : row.time;
    }
    return use;
  }

  Result<std::vector<ServiceEvent>> ListServiceEvents(size_t limit) override {
    const std::lock_guard lock(storage_.mutex_);
    const auto& all = storage_.events_;
    return std::vector<ServiceEvent>(all.rbegin(),
                                     all.rbegin() + static_cast<std::ptrdiff_t>(std::min(limit, all.size())));
  }

 private:
  Status BeginWrite(std::unique_lock<std::mutex>& lock) {
    if (mode_ == OpenMode::kReadOnly) return Refused("fake database: opened for reading only");
    return storage_.PassGate(lock);
  }

  FakeStorage& storage_;
  OpenMode mode_;
};

Result<std::unique_ptr<Database>> FakeStorage::Open(OpenMode mode) {
  const std::lock_guard lock(mutex_);
  ++opened_;
  if (!open_errors_.empty()) {
    Error error = std::move(open_errors_.front());
    open_errors_.pop_front();
    return error;
  }
  return std::unique_ptr<Database>(std::make_unique<FakeDatabase>(*this, mode));
}

void FakeStorage::FailNextOpen(Error error) {
  const std::lock_guard lock(mutex_);
  open_errors_.push_back(std::move(error));
}

void FakeStorage::FailNextInsert(Error error) {
  const std::lock_guard lock(mutex_);
  insert_errors_.push_back(std::move(error));
}

void FakeStorage::HoldCommits() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

void FakeStorage::ReleaseCommits() {
  const std::lock_guard lock(mutex_);
  held_ = false;
  changed_.notify_all();
}

void FakeStorage::AwaitHeldCommit() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_ > 0; });
}

size_t FakeStorage::opened() const {
  const std::lock_guard lock(mutex_);
  return opened_;
}

std::vector<size_t> FakeStorage::group_sizes() const {
  const std::lock_guard lock(mutex_);
  return group_sizes_;
}

Status FakeStorage::PassGate(std::unique_lock<std::mutex>& lock) {
  ++waiting_;
  if (held_) changed_.notify_all();
  changed_.wait(lock, [this] { return !held_; });
  --waiting_;
  if (insert_errors_.empty()) return Ok();
  Error error = std::move(insert_errors_.front());
  insert_errors_.pop_front();
  return error;
}

}  // namespace lotmark::records
