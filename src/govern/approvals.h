// Approvals of versions: what one must say now, bringing one in, and what those that came in amount to.
//
// An approval is for the version with exactly the evidence that the journal has for it: evidence that comes later was
// not seen by who approved, so it needs approvals anew.
#pragma once

#include <string>
#include <vector>

#include "approval/request.h"
#include "approval/signed_approval.h"
#include "base/result.h"
#include "journal/history.h"
#include "policy/approvals.h"
#include "policy/policy.h"
#include "store/locked_volume.h"
#include "store/reader.h"

namespace lotmark::govern {

// kNotFound: not registered.
Result<approval::ApprovalRequest> RequestFor(const store::VolumeInfo& info, const journal::VolumeHistory& history,
                                             const ModelName& model, const Version& version);

// Those that were imported for the subject of `wanted`, in the order of their events. kRefused: a file is missing or
// changed.
Result<std::vector<approval::Approval>> ReadApprovals(fs::Dir& root, const journal::VolumeHistory& history,
                                                      const approval::ApprovalRequest& wanted);

// All that were imported for the version, with what they must say now. kRefused: a file is missing or changed.
Result<policy::ApprovalFacts> VersionApprovals(fs::Dir& root, const store::VolumeInfo& info,
                                               const journal::VolumeHistory& history, const policy::Policy& in_force,
                                               const ModelName& model, const Version& version);

struct ImportedApproval {
  bool was_imported = false;  // before: the same statement by the same key; nothing was recorded then
  approval::ApprovalRequest request;
  std::string person;
  size_t people = 0;     // who approve this subject now, each once
  size_t approvals = 0;  // that the policy in force asks for
};

// Brings in the approval of these bytes: durable file, then event. kRefused: it does not count by the policy in force;
// the text says why, and nothing is kept.
Result<ImportedApproval> ImportApproval(const store::Workplace& place, std::string envelope);

}  // namespace lotmark::govern
