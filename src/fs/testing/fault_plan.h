// When the machine in memory dies, and which single operation fails: the faults that a test asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace lotmark::fs {

// Every call of a Dir or of a file is one operation of one of these kinds.
enum class Operation {
  kOpenDir,
  kOpenFile,
  kRead,  // also the size of an open file
  kCreateFile,
  kAppend,
  kSyncFile,
  kCloseFile,
  kMakeDir,
  kMakeLink,
  kReadLink,
  kStat,
  kList,
  kRename,
  kRemove,
  kChangeMode,
  kSyncDir,
  kLock,
};

// Whether a failing operation has taken place all the same ("rename reports failure after success").
enum class Effect { kNone, kDone };

struct Fault {
  Operation operation;
  uint64_t skip = 0;  // how many operations of this kind still succeed before
  ErrorCode code = ErrorCode::kMachine;
  Effect effect = Effect::kNone;
};

class FaultPlan {
 public:
  // The next `operations` operations run, all later ones fail: the process is dead.
  void DieAfter(uint64_t operations) { dies_at_ = count_ + operations; }
  void Add(const Fault& fault) { faults_.push_back(fault); }

  uint64_t count() const { return count_; }
  // Faults that no operation has met yet.
  size_t waiting() const { return faults_.size(); }
  bool dead() const { return dies_at_ && count_ >= *dies_at_; }

  struct Verdict {
    std::optional<Error> error;
    Effect effect = Effect::kNone;
  };
  // Counts one operation on `which` and says what becomes of it.
  Verdict Judge(Operation operation, const std::string& which);

 private:
  uint64_t count_ = 0;
  std::optional<uint64_t> dies_at_;
  std::vector<Fault> faults_;
};

}  // namespace lotmark::fs
