#include "journal/memory.h"

#include <chrono>
#include <thread>

#include "base/encoding.h"
#include "base/json.h"
#include "fs/file_ops.h"
#include "tlog/checkpoint.h"

namespace lotmark::journal {
namespace {

constexpr uint64_t kMaxFileBytes = 4 << 20;
constexpr int64_t kFormat = 1;
constexpr std::chrono::milliseconds kLockWait{5000};
constexpr std::chrono::milliseconds kAskAgainAfter{5};

std::string Format(const Remembered& what) {
  Json json;
  json["format"] = kFormat;
  json["checkpoint"] = what.checkpoint;
  json["accepted"] = Json::array();
  for (const Digest& leaf : what.accepted) json["accepted"].push_back(leaf.hex());
  return DumpJson(json) + "\n";
}

Result<Remembered> Parse(std::string_view text) {
  LOTMARK_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Of(json, ""));
  LOTMARK_ASSIGN_OR_RETURN(const int64_t format, object.RequiredInteger("format"));
  if (format != kFormat) return Refused("format: is " + std::to_string(format) + ", this program knows only 1");
  Remembered what;
  LOTMARK_ASSIGN_OR_RETURN(what.checkpoint, object.RequiredString("checkpoint"));
  LOTMARK_ASSIGN_OR_RETURN(const Json* accepted, object.RequiredArray("accepted"));
  for (const Json& hex : *accepted) {
    if (!hex.is_string()) return Refused("accepted: holds something else than texts");
    LOTMARK_ASSIGN_OR_RETURN(const Digest leaf, Digest::Parse(hex.get<std::string>()));
    what.accepted.push_back(leaf);
  }
  return what;
}

class FolderMemory final : public Memory {
 public:
  FolderMemory(std::unique_ptr<fs::Dir> folder, const Uuid& volume_id)
      : folder_(std::move(folder)), file_(volume_id.text() + ".json"), lock_(volume_id.text() + ".lock") {}

  Result<std::optional<Remembered>> Recall() override {
    auto bytes = fs::ReadWholeFile(*folder_, file_, kMaxFileBytes);
    if (!bytes && bytes.error().code == ErrorCode::kNotFound) return std::optional<Remembered>();
    if (!bytes) return std::move(bytes).error();
    auto what = Parse(AsText(*bytes));
    if (what) return std::optional(*std::move(what));
    Error error = Prefixed(folder_->DisplayPath() + "/" + file_, std::move(what).error());
    error.hint =
        "It remembers how far the journal of this volume went. Compare the volume with a backup, then remove it.";
    return error;
  }

  Status Remember(const Remembered& what, bool over_longer) override {
    LOTMARK_ASSIGN_OR_RETURN(const auto lock, TakeLock());
    if (!over_longer) {
      LOTMARK_ASSIGN_OR_RETURN(const auto now, Recall());
      if (now && tlog::StatedSize(now->checkpoint) >= tlog::StatedSize(what.checkpoint)) return Ok();
    }
    return fs::WriteFileAtomic(*folder_, file_, AsBytes(Format(what)), fs::IfExists::kReplace);
  }

 private:
  Result<std::unique_ptr<fs::FileLock>> TakeLock() {
    const auto deadline = std::chrono::steady_clock::now() + kLockWait;
    while (true) {
      auto lock = folder_->TryLock(lock_);
      if (lock || lock.error().code != ErrorCode::kBusy || std::chrono::steady_clock::now() >= deadline) return lock;
      std::this_thread::sleep_for(kAskAgainAfter);
    }
  }

  const std::unique_ptr<fs::Dir> folder_;
  const std::string file_;
  const std::string lock_;
};

}  // namespace

std::unique_ptr<Memory> MakeFolderMemory(std::unique_ptr<fs::Dir> folder, const Uuid& volume_id) {
  return std::make_unique<FolderMemory>(std::move(folder), volume_id);
}

}  // namespace lotmark::journal
