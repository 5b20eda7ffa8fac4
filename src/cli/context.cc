#include "cli/context.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "cli/journal_access.h"
#include "fs/posix_fs.h"

namespace lotmark::cli {
namespace {

std::string LoginAtHost() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found);
  const std::string login = found != nullptr ? found->pw_name : "uid" + std::to_string(getuid());
  return login + "@" + host.data();
}

// Tells, once, what a journal keeps to itself: that it is right about what it reads and cannot remember it.
class TellingMemory final : public journal::Memory {
 public:
  explicit TellingMemory(std::unique_ptr<journal::Memory> memory) : memory_(std::move(memory)) {}

  Result<std::optional<journal::Remembered>> Recall() override { return memory_->Recall(); }
  Status Remember(const journal::Remembered& what, bool over_longer) override {
    Status done = memory_->Remember(what, over_longer);
    if (!done && !std::exchange(told_, true)) {
      PrintErrorLine(
          "warning: what was seen of the journal is not remembered, so if the volume is restored to before "
          "it, that will not be noticed: " +
          done.error().text);
    }
    return done;
  }

 private:
  const std::unique_ptr<journal::Memory> memory_;
  bool told_ = false;
};

Error Usage(std::string text, std::string hint) { return {ErrorCode::kUsage, std::move(text), std::move(hint)}; }

}  // namespace

Result<std::unique_ptr<store::Reader>> Context::OpenReader() const {
  return OpenReader({.journal_key = {}, .memory = MemorySource()});
}

Result<std::unique_ptr<store::Reader>> Context::OpenReader(const store::ReaderOptions& options) const {
  if (options_.volume.empty()) return Usage("no volume is named", "give --volume DIR or set LOTMARK_VOLUME");
  LOTMARK_ASSIGN_OR_RETURN(auto root, fs::OpenPosixDir(options_.volume));
  return store::Reader::Open(std::move(root), options);
}

Result<std::unique_ptr<store::Volume>> Context::OpenVolume() const {
  if (options_.volume.empty()) return Usage("no volume is named", "give --volume DIR or set LOTMARK_VOLUME");
  LOTMARK_ASSIGN_OR_RETURN(auto root, fs::OpenPosixDir(options_.volume));
  return store::Volume::Open(std::move(root), VolumeOptions());
}

store::VolumeOptions Context::VolumeOptions() const {
  return {.clock = toolbox_.clock, .actor = Actor(), .journal_key = LoadJournalKey, .memory = MemorySource()};
}

store::VolumeOptions Context::NewVolumeOptions() const {
  store::VolumeOptions options = VolumeOptions();
  options.journal_key = MakeJournalKey;
  return options;
}

// A folder that was named must work; the user's own, where it cannot be made, is done without.
store::MemorySource Context::MemorySource() const {
  const char* const from_environment = std::getenv("LOTMARK_STATE");
  const bool named = !options_.state.empty() || (from_environment != nullptr && from_environment[0] != '\0');
  return
      [folder = StateFolder(options_.state), named](const Uuid& volume_id) -> Result<std::unique_ptr<journal::Memory>> {
        auto memory = OpenMemory(folder, volume_id);
        if (memory && *memory) {
          return std::unique_ptr<journal::Memory>(std::make_unique<TellingMemory>(*std::move(memory)));
        }
        if (memory || named) return memory;
        PrintErrorLine("warning: nothing is remembered of the journal, so a restored or cut one will not be noticed: " +
                       memory.error().text);
        return std::unique_ptr<journal::Memory>();
      };
}

Result<std::string> Context::RecordsUrl() const {
  if (options_.records.empty()) {
    return Usage("no records database is named", "give --records sqlite:///abs/path.db or set LOTMARK_RECORDS");
  }
  return options_.records;
}

Result<std::unique_ptr<records::Database>> Context::OpenRecords(records::OpenMode mode) const {
  LOTMARK_ASSIGN_OR_RETURN(const std::string url, RecordsUrl());
  return records::OpenDatabase(url, mode);
}

Result<ModelName> Context::Model(const store::Reader& reader) const {
  if (options_.model.empty()) return reader.info().primary_model;
  return ModelName::Parse(options_.model);
}

Result<const runtime::Runtime*> Context::ServerRuntime() const {
  const runtime::Runtime* runtime = toolbox_.RuntimeFor(manifest::Format::kOnnx);
  if (runtime == nullptr) return Refused("this program was built without ONNX Runtime, so it cannot run models");
  return runtime;
}

journal::Actor Context::Actor() const {
  return {.name = options_.actor.empty() ? LoginAtHost() : options_.actor, .authenticated = false};
}

// Not fmt::print, which throws when nobody can be told: Run looks at standard output once, at the end.
void Print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }
void PrintLine(const std::string& line) { Print(line + "\n"); }
void PrintErrorLine(const std::string& line) { std::fputs((line + "\n").c_str(), stderr); }

void PrintJson(const Json& value) { PrintLine(DumpJson(value, 2)); }

}  // namespace lotmark::cli
