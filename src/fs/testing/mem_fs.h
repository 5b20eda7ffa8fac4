// A file system in memory that can lose power: the fake behind every crash test.
//
//   MemFs machine;
//   machine.FailAfter(n);
//   (void)WriteFileAtomic(*machine.Root(), "pointer", ...);
//   for (CrashMode mode : kAllCrashModes) { auto after = machine.Crash(mode); ... after->Root() ... }
//
// What survives is said in mem_disk.h. Permissions are those of an unprivileged owner: in a read-only folder nothing is
// made, renamed or removed.
// Thread safety: as fs.h says; one lock serialises all operations.
#pragma once

#include <memory>

#include "fs/fs.h"
#include "fs/testing/fault_plan.h"
#include "fs/testing/mem_disk.h"

namespace lotmark::fs {

constexpr CrashMode kAllCrashModes[] = {CrashMode::kLoseUnsynced, CrashMode::kKeepAll, CrashMode::kTornWrite};

struct MemMachine;

class MemFs {
 public:
  MemFs();

  // The top folder. It and what is opened from it may outlive this object.
  std::unique_ptr<Dir> Root();

  // How many operations have run.
  uint64_t operations() const;
  // From now on `operations` more operations run; then the process is dead and every one fails (kMachine).
  void FailAfter(uint64_t operations);
  // True once an operation would fail, or has failed, because of FailAfter.
  bool dead() const;
  // Makes one operation fail while the process lives on.
  void InjectFault(const Fault& fault);
  // How many injected faults no operation has met yet.
  size_t FaultsWaiting() const;

  // A new machine with what is on the disk after a crash now. This one is left as it is, so that one run can be looked
  // at in every mode.
  std::unique_ptr<MemFs> Crash(CrashMode mode) const;

  // What programs see of the whole disk, as text: paths, kinds, modes, bytes, texts of links. Two machines with the
  // same text behave the same after a crash, but for what was not synced. Counts as no operation.
  std::string Contents() const;

 private:
  std::shared_ptr<MemMachine> machine_;
};

}  // namespace lotmark::fs
