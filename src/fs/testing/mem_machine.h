// The inside of a MemFs, shared by it, its folders and its open files: one disk, one plan of faults, one lock.
#pragma once

#include <mutex>
#include <string>
#include <utility>

#include "fs/testing/fault_plan.h"
#include "fs/testing/mem_disk.h"

namespace lotmark::fs {

struct MemMachine {
  std::mutex mutex;
  MemDisk disk;      // guarded by mutex, with all its nodes
  FaultPlan faults;  // guarded by mutex

  // Runs one operation on `which` under the lock, or fails it as the test asked.
  template <typename Body>
  auto Operate(Operation operation, const std::string& which, Body body) -> decltype(body()) {
    std::unique_lock lock(mutex);
    FaultPlan::Verdict verdict = faults.Judge(operation, which);
    if (verdict.error && verdict.effect == Effect::kNone) return std::move(*verdict.error);
    auto result = body();
    lock.unlock();  // a lock that was taken in vain is dropped with `result`, which takes the mutex
    if (verdict.error && result) return std::move(*verdict.error);
    return result;
  }
};

}  // namespace lotmark::fs
