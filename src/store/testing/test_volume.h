// A volume on one kind of disk, with a second folder to add versions from: what most tests of this room begin with.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "fs/fs.h"
#include "fs/posix_fs.h"
#include "fs/testing/temp_folder.h"
#include "store/locked_volume.h"
#include "store/testing/sample_version.h"
#include "store/volume.h"

namespace lotmark::store {

inline ModelName Model(std::string_view text) { return ModelName::Parse(text).value(); }
inline Version V(std::string_view text) { return Version::Parse(text).value(); }

// "" for an OK, so that a failing EXPECT_EQ prints the error.
template <typename T>
std::string ErrorText(const Result<T>& result) {
  return result ? "" : result.error().text + " [" + result.error().hint + "]";
}

// True, and from then on temporary folders are made in memory, where the machine has a place for it: these tests are of
// what is on the disk, not of how fast it syncs. What survives a power loss is tested on fs::MemFs.
bool PreferMemoryForTempFolders();

// On a real file system.
class TestVolume {
 public:
  explicit TestVolume(const std::string& primary_model = "lesion_cnn", const std::string& policy = "{}") {
    auto root = Root();
    EXPECT_EQ(ErrorText(Volume::Init(*root, {Model(primary_model), policy}, Options())), "");
    volume = Open();
  }

  std::unique_ptr<fs::Dir> Root() { return fs::CreatePosixDir(path()).value(); }
  std::unique_ptr<Volume> Open() {
    auto opened = Volume::Open(Root(), Options());
    EXPECT_EQ(ErrorText(opened), "");
    return opened ? *std::move(opened) : nullptr;
  }
  VolumeOptions Options() { return {clock, kTestActor, std::chrono::milliseconds(2000), TestJournalKey}; }
  std::string path() const { return folder.PathOf("volume"); }
  std::string PathOf(const std::string& name) const { return path() + "/" + name; }

  // A fresh folder with the files of `sample`.
  std::unique_ptr<fs::Dir> SourceOf(const SampleVersion& sample) {
    auto source = fs::CreatePosixDir(folder.PathOf("source-" + std::to_string(++sources_))).value();
    WriteSampleFiles(*source, sample);
    return source;
  }
  std::string LastSourcePath() const { return folder.PathOf("source-" + std::to_string(sources_)); }

  Result<Registration> Register(const SampleVersion& sample) {
    return volume->Register(*SourceOf(sample), sample.ManifestBytes());
  }
  Result<PointerMove> Activate(const std::string& version, const ActivationCheck& check = {}) {
    return volume->Activate(Model("lesion_cnn"), V(version), "a test", check, {});
  }
  Result<PointerMove> Rollback(std::optional<Version> to = std::nullopt) {
    return volume->Rollback(Model("lesion_cnn"), to, "a test", {});
  }
  std::string Active(const std::string& model = "lesion_cnn") const {
    const auto active = volume->reader().ActiveVersion(Model(model));
    if (!active) return "error: " + active.error().text;
    return *active ? (*active)->text() : "none";
  }
  // What a command leaves that dies after its intent.
  Result<uint64_t> LeaveIntent(journal::EventKind intent, const std::string& version) {
    LOTMARK_ASSIGN_OR_RETURN(LockedVolume locked, LockedVolume::Take(volume->Place()));
    const auto* registered = locked.history().FindRegistered(Model("lesion_cnn"), V(version));
    return locked.Record(MakeEvent(intent, registered->model, registered->version, registered->manifest_sha256));
  }
  // So that a test may do to registered versions what root may: their folders are read-only.
  void MakeVersionsWritable() const;
  // "volume_created registering registered …"
  std::string Events() const;

  const bool in_memory = PreferMemoryForTempFolders();
  fs::TempFolder folder;
  FixedClock clock;
  std::unique_ptr<Volume> volume;

 private:
  int sources_ = 0;
};

// Versions that differ in their weights.
SampleVersion Sample(const std::string& version);

// Every entry beneath `folder`, as "path" -> "file: bytes", "folder" or "link: text"; the names of locks left out.
std::map<std::string, std::string> TreeOf(fs::Dir& folder);

}  // namespace lotmark::store
