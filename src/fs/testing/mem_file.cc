#include "fs/testing/mem_file.h"

#include <algorithm>

namespace lotmark::fs {
namespace {

class MemReadable final : public ReadableFile {
 public:
  MemReadable(std::shared_ptr<MemMachine> machine, MemNodePtr node, std::string display)
      : machine_(std::move(machine)), node_(std::move(node)), display_(std::move(display)) {}

  Result<size_t> ReadAt(uint64_t offset, std::span<uint8_t> out) override {
    return machine_->Operate(Operation::kRead, display_, [&]() -> Result<size_t> {
      const Bytes& content = node_->content;
      if (offset >= content.size()) return size_t{0};
      const size_t size = std::min<size_t>(out.size(), content.size() - offset);
      std::copy_n(content.begin() + static_cast<ptrdiff_t>(offset), size, out.begin());
      return size;
    });
  }

  Result<uint64_t> Size() override {
    return machine_->Operate(Operation::kRead, display_,
                             [&]() -> Result<uint64_t> { return uint64_t{node_->content.size()}; });
  }

 private:
  const std::shared_ptr<MemMachine> machine_;
  const MemNodePtr node_;
  const std::string display_;
};

class MemWritable final : public WritableFile {
 public:
  MemWritable(std::shared_ptr<MemMachine> machine, MemNodePtr node, std::string display)
      : machine_(std::move(machine)), node_(std::move(node)), display_(std::move(display)) {}

  Status Append(ByteView bytes) override {
    return Operate(Operation::kAppend,
                   [&] { node_->content.insert(node_->content.end(), bytes.begin(), bytes.end()); });
  }
  Status Sync() override {
    return Operate(Operation::kSyncFile, [&] { node_->synced_size = node_->content.size(); });
  }
  Status Close() override {
    return Operate(Operation::kCloseFile, [&] { usable_ = false; });
  }

 private:
  template <typename Body>
  Status Operate(Operation operation, Body body) {
    if (!usable_) return MachineFailed("file unusable: " + display_ + ": it is closed or has failed before");
    Status done = machine_->Operate(operation, display_, [&] {
      body();
      return Ok();
    });
    if (!done) usable_ = false;
    return done;
  }

  const std::shared_ptr<MemMachine> machine_;
  const MemNodePtr node_;
  const std::string display_;
  bool usable_ = true;
};

class MemLock final : public FileLock {
 public:
  MemLock(std::shared_ptr<MemMachine> machine, MemNodePtr node)
      : machine_(std::move(machine)), node_(std::move(node)) {}
  ~MemLock() override {
    const std::lock_guard lock(machine_->mutex);
    node_->locked = false;
  }

 private:
  const std::shared_ptr<MemMachine> machine_;
  const MemNodePtr node_;
};

}  // namespace

std::unique_ptr<ReadableFile> MakeMemReadable(std::shared_ptr<MemMachine> machine, MemNodePtr node,
                                              std::string display) {
  return std::make_unique<MemReadable>(std::move(machine), std::move(node), std::move(display));
}

std::unique_ptr<WritableFile> MakeMemWritable(std::shared_ptr<MemMachine> machine, MemNodePtr node,
                                              std::string display) {
  return std::make_unique<MemWritable>(std::move(machine), std::move(node), std::move(display));
}

Result<std::unique_ptr<FileLock>> TryMemLock(std::shared_ptr<MemMachine> machine, MemNodePtr node,
                                             const std::string& display) {
  if (node->locked) return Error{ErrorCode::kBusy, "locked: " + display + ": somebody else holds it"};
  node->locked = true;
  return std::unique_ptr<FileLock>(std::make_unique<MemLock>(std::move(machine), std::move(node)));
}

}  // namespace lotmark::fs
