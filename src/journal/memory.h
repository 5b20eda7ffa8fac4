// What somebody outside the volume remembers of its journal. A restored backup and a cut log are consistent in
// themselves: only who has seen more can tell. Services and the command line each keep a folder for it (`--state`).
//
// The file `<volume id>.json` holds the last checkpoint seen, and which events that accept a restored journal
// (kRestoredAccepted) were seen, so that an old acceptance cannot be played again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/uuid.h"
#include "fs/fs.h"

namespace lotmark::journal {

struct Remembered {
  std::string checkpoint;        // the signed note
  std::vector<Digest> accepted;  // leaf hashes of the kRestoredAccepted events seen so far

  bool operator==(const Remembered&) const = default;
};

// Thread safety: may be shared by threads and processes.
class Memory {
 public:
  virtual ~Memory() = default;
  // Nothing when this journal was never seen. kRefused: what is there is damaged; the text names the file.
  virtual Result<std::optional<Remembered>> Recall() = 0;
  // Durability: on OK it survives power loss. A shorter journal than the remembered one is not written, unless
  // `over_longer`: of two commands that end together, the later one may be the first to write.
  virtual Status Remember(const Remembered& what, bool over_longer = false) = 0;
};

std::unique_ptr<Memory> MakeFolderMemory(std::unique_ptr<fs::Dir> folder, const Uuid& volume_id);

}  // namespace lotmark::journal
