#include <fmt/format.h>

#include "base/encoding.h"
#include "fs/file_ops.h"
#include "fs/temporary.h"
#include "store/event_json.h"
#include "store/event_log.h"

namespace lotmark::store {
namespace {

constexpr uint64_t kMaxEventBytes = 64 << 10;

std::string FileNameOf(uint64_t index) { return fmt::format("{:012}.json", index); }

class FolderEventLog final : public EventLog {
 public:
  explicit FolderEventLog(std::unique_ptr<fs::Dir> folder) : folder_(std::move(folder)) {}

  Result<uint64_t> Append(Event event) override {
    LOTMARK_ASSIGN_OR_RETURN(event.index, Count());
    LOTMARK_RETURN_IF_ERROR(CheckEvent(event));
    const std::string text = FormatEvent(event);
    LOTMARK_RETURN_IF_ERROR(
        fs::WriteFileAtomic(*folder_, FileNameOf(event.index), AsBytes(text), fs::IfExists::kRefuse));
    return event.index;
  }

  Result<std::vector<Event>> ReadAll() override {
    LOTMARK_ASSIGN_OR_RETURN(const uint64_t count, Count());
    std::vector<Event> events;
    events.reserve(count);
    for (uint64_t index = 0; index < count; ++index) {
      auto event = ReadOne(index);
      if (!event) return Prefixed(InFolder(FileNameOf(index)), std::move(event).error());
      events.push_back(*std::move(event));
    }
    return events;
  }

  // The names are checked here, so that a gap cannot be taken for the end of the log.
  Result<uint64_t> Count() override {
    LOTMARK_ASSIGN_OR_RETURN(const std::vector<fs::Entry> entries, folder_->List());
    uint64_t count = 0;
    for (const fs::Entry& entry : entries) {
      if (fs::IsTemporary(entry.name)) continue;
      // A listing made while events are appended may skip one that is there.
      for (; entry.name != FileNameOf(count); ++count) {
        if (!folder_->Stat(FileNameOf(count))) return Missing(count, entry.name);
      }
      ++count;
    }
    return count;
  }

  Status Recover() override {
    LOTMARK_RETURN_IF_ERROR(fs::SweepTemporaries(*folder_));
    return folder_->Sync();
  }

 private:
  std::string InFolder(const std::string& name) const { return folder_->DisplayPath() + "/" + name; }

  Error Missing(uint64_t index, const std::string& found) const {
    return Refused(InFolder(FileNameOf(index)) + ": missing event: the next name found is '" + Printable(found, 60) +
                   "'");
  }

  Result<Event> ReadOne(uint64_t index) {
    LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes, fs::ReadWholeFile(*folder_, FileNameOf(index), kMaxEventBytes));
    LOTMARK_ASSIGN_OR_RETURN(Event event, ParseEvent(AsText(bytes)));
    if (event.index == index) return event;
    return Refused("index: is " + std::to_string(event.index) + ", the name of the file says otherwise");
  }

  std::unique_ptr<fs::Dir> folder_;
};

}  // namespace

std::unique_ptr<EventLog> MakeFolderEventLog(std::unique_ptr<fs::Dir> folder) {
  return std::make_unique<FolderEventLog>(std::move(folder));
}

}  // namespace lotmark::store
