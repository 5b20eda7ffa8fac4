#include "fs/testing/mem_fs.h"

#include "fs/testing/mem_dir.h"
#include "fs/testing/mem_machine.h"

namespace lotmark::fs {

MemFs::MemFs() : machine_(std::make_shared<MemMachine>()) {}

std::unique_ptr<Dir> MemFs::Root() {
  const std::lock_guard lock(machine_->mutex);
  return MakeMemDir(machine_, machine_->disk.root(), "mem:");
}

uint64_t MemFs::operations() const {
  const std::lock_guard lock(machine_->mutex);
  return machine_->faults.count();
}

void MemFs::FailAfter(uint64_t operations) {
  const std::lock_guard lock(machine_->mutex);
  machine_->faults.DieAfter(operations);
}

bool MemFs::dead() const {
  const std::lock_guard lock(machine_->mutex);
  return machine_->faults.dead();
}

void MemFs::InjectFault(const Fault& fault) {
  const std::lock_guard lock(machine_->mutex);
  machine_->faults.Add(fault);
}

size_t MemFs::FaultsWaiting() const {
  const std::lock_guard lock(machine_->mutex);
  return machine_->faults.waiting();
}

std::unique_ptr<MemFs> MemFs::Crash(CrashMode mode) const {
  auto survivor = std::make_unique<MemFs>();
  const std::lock_guard lock(machine_->mutex);
  survivor->machine_->disk = machine_->disk.Survivors(mode);
  return survivor;
}

std::string MemFs::Contents() const {
  const std::lock_guard lock(machine_->mutex);
  return machine_->disk.Contents();
}

}  // namespace lotmark::fs
