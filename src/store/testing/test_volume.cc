#include "store/testing/test_volume.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "fs/file_ops.h"

namespace lotmark::store {
namespace {

constexpr uint64_t kMaxFixtureBytes = 16 << 20;

std::string Describe(fs::Dir& folder, const fs::Entry& entry) {
  if (entry.kind == fs::EntryKind::kFolder) return "folder";
  if (entry.kind == fs::EntryKind::kLink) return "link: " + folder.ReadLink(entry.name).value();
  if (entry.kind == fs::EntryKind::kOther) return "other";
  return "file: " + std::string(AsText(fs::ReadWholeFile(folder, entry.name, kMaxFixtureBytes).value()));
}

void Collect(fs::Dir& folder, const std::string& prefix, std::map<std::string, std::string>& tree) {
  const std::vector<fs::Entry> entries = folder.List().value();
  for (const fs::Entry& entry : entries) {
    const std::string path = prefix + entry.name;
    if (path == "lock") continue;
    tree[path] = Describe(folder, entry);
    if (entry.kind == fs::EntryKind::kFolder) Collect(*folder.OpenDir(entry.name).value(), path + "/", tree);
  }
}

}  // namespace

bool PreferMemoryForTempFolders() {
  constexpr const char* kMemory = "/dev/shm";
  if (::access(kMemory, W_OK) != 0) return false;
  return ::setenv("TMPDIR", kMemory, /*overwrite=*/0) == 0;
}

std::string TestVolume::Events() const {
  const auto events = volume->reader().History();
  if (!events) return "error: " + events.error().text;
  std::string names;
  for (const journal::Event& event : *events)
    names += (names.empty() ? "" : " ") + std::string(journal::EventKindName(event.kind));
  return names;
}

void TestVolume::MakeVersionsWritable() const {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(PathOf("models"))) {
    if (entry.is_symlink() || !entry.is_directory()) continue;
    std::filesystem::permissions(entry.path(), std::filesystem::perms::owner_all, std::filesystem::perm_options::add);
  }
}

SampleVersion Sample(const std::string& version) {
  return {.version = version, .weights = "the weights of " + version};
}

std::map<std::string, std::string> TreeOf(fs::Dir& folder) {
  std::map<std::string, std::string> tree;
  Collect(folder, "", tree);
  return tree;
}

}  // namespace lotmark::store
