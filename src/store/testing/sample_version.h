// A small valid model version for tests: a manifest with its files, written into any folder.
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "base/uuid.h"
#include "fs/fs.h"
#include "journal/event.h"
#include "tlog/ed25519.h"

namespace lotmark::store {

struct SampleVersion {
  std::string model = "lesion_cnn";
  std::string version = "2023-v1";
  std::string weights = "the weights of the first version";  // the bytes of the ONNX artifact
  bool servable = true;                                      // with classes, preprocessing and a golden image

  // Path -> bytes of the files that the manifest names: model.onnx, golden/case_1.png.
  std::map<std::string, std::string> Files() const;
  std::string ManifestBytes() const;
};

// Writes a new file, and the folders on its way.
void WriteSampleFile(fs::Dir& folder, const std::string& path, const std::string& bytes);
// The files of `sample`, without the manifest.
void WriteSampleFiles(fs::Dir& folder, const SampleVersion& sample);

// Always says `now`, which tests may set.
class FixedClock final : public Clock {
 public:
  UtcTime Now() override { return now; }
  UtcTime now = UtcTime(std::chrono::microseconds(1771675200000000));  // 2026-02-21T12:00:00Z
};

inline const journal::Actor kTestActor{"ada@test", false};

// The key that signs the journals of all volumes of a test program.
Result<tlog::PrivateKey> TestJournalKey(const Uuid& volume_id);

}  // namespace lotmark::store
