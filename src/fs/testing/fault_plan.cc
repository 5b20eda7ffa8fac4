#include "fs/testing/fault_plan.h"

#include <algorithm>

namespace lotmark::fs {

FaultPlan::Verdict FaultPlan::Judge(Operation operation, const std::string& which) {
  if (dead()) return {MachineFailed("operation failed: " + which + ": the test let the machine die"), Effect::kNone};
  ++count_;
  Verdict verdict;
  std::erase_if(faults_, [&](Fault& fault) {
    if (fault.operation != operation) return false;
    if (fault.skip > 0) {
      --fault.skip;
      return false;
    }
    if (verdict.error) return false;
    verdict = {Error{fault.code, "operation failed: " + which + ": the test asked for it"}, fault.effect};
    return true;
  });
  return verdict;
}

}  // namespace lotmark::fs
