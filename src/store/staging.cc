#include "store/staging.h"

#include <utility>

#include "base/uuid.h"
#include "fs/file_ops.h"
#include "store/layout.h"

namespace lotmark::store {
namespace {

// OK also when a living owner holds the folder: then it stays.
Status SweepOne(fs::Dir& root, const fs::Entry& entry) {
  const std::string path = Join(kStagingFolder, entry.name);
  if (entry.kind != fs::EntryKind::kFolder) return root.RemoveFile(path);
  auto folder = root.OpenDir(path);
  if (!folder && folder.error().code == ErrorCode::kNotFound) return Ok();  // its owner removed it just now
  if (!folder) return std::move(folder).error();
  auto lock = (*folder)->TryLockSelf();
  if (!lock && lock.error().code == ErrorCode::kBusy) return Ok();
  if (!lock) return std::move(lock).error();
  return fs::RemoveTree(root, path);
}

}  // namespace

Result<Staging> Staging::Create(fs::Dir& root) {
  Staging staging(root, Join(kStagingFolder, Uuid::V4().text()));
  LOTMARK_RETURN_IF_ERROR(root.MakeDir(staging.path_));
  LOTMARK_ASSIGN_OR_RETURN(staging.folder_, root.OpenDir(staging.path_));
  LOTMARK_ASSIGN_OR_RETURN(staging.lock_, staging.folder_->TryLockSelf());
  return staging;
}

Staging::Staging(Staging&& other) noexcept
    : root_(std::exchange(other.root_, nullptr)),
      path_(std::move(other.path_)),
      folder_(std::move(other.folder_)),
      lock_(std::move(other.lock_)) {}

Staging::~Staging() {
  if (root_ != nullptr) (void)fs::RemoveTree(*root_, path_);
}

Status SweepStaging(fs::Dir& root) {
  LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<fs::Dir> staging, root.OpenDir(kStagingFolder));
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<fs::Entry> entries, staging->List());
  for (const fs::Entry& entry : entries) LOTMARK_RETURN_IF_ERROR(SweepOne(root, entry));
  return Ok();
}

}  // namespace lotmark::store
