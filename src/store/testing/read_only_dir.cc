#include "store/testing/read_only_dir.h"

namespace lotmark::store {
namespace {

class ReadOnlyDir final : public fs::Dir {
 public:
  explicit ReadOnlyDir(std::unique_ptr<fs::Dir> inner) : inner_(std::move(inner)) {}

  Result<std::unique_ptr<fs::Dir>> OpenDir(std::string_view path) override {
    LOTMARK_ASSIGN_OR_RETURN(auto folder, inner_->OpenDir(path));
    return MakeReadOnlyDir(std::move(folder));
  }
  Result<std::unique_ptr<fs::ReadableFile>> OpenFile(std::string_view path) override { return inner_->OpenFile(path); }
  Result<std::string> ReadLink(std::string_view path) override { return inner_->ReadLink(path); }
  Result<fs::EntryInfo> Stat(std::string_view path) override { return inner_->Stat(path); }
  Result<std::vector<fs::Entry>> List() override { return inner_->List(); }
  std::string DisplayPath() const override { return inner_->DisplayPath(); }

  Result<std::unique_ptr<fs::WritableFile>> CreateFile(std::string_view path) override { return Refuse(path); }
  Status MakeDir(std::string_view path) override { return Refuse(path); }
  Status MakeLink(std::string_view, std::string_view path) override { return Refuse(path); }
  Status Rename(std::string_view from, std::string_view) override { return Refuse(from); }
  Status RenameNoReplace(std::string_view from, std::string_view) override { return Refuse(from); }
  Status RemoveFile(std::string_view path) override { return Refuse(path); }
  Status RemoveDir(std::string_view path) override { return Refuse(path); }
  Status MakeReadOnly(std::string_view path) override { return Refuse(path); }
  Status MakeWritable(std::string_view path) override { return Refuse(path); }
  Status Sync() override { return Refuse("."); }
  Result<std::unique_ptr<fs::FileLock>> TryLock(std::string_view path) override { return Refuse(path); }
  Result<std::unique_ptr<fs::FileLock>> TryLockSelf() override { return Refuse("."); }

 private:
  Error Refuse(std::string_view path) const {
    return MachineFailed(inner_->DisplayPath() + "/" + std::string(path) + ": read-only file system");
  }

  std::unique_ptr<fs::Dir> inner_;
};

}  // namespace

std::unique_ptr<fs::Dir> MakeReadOnlyDir(std::unique_ptr<fs::Dir> inner) {
  return std::make_unique<ReadOnlyDir>(std::move(inner));
}

}  // namespace lotmark::store
