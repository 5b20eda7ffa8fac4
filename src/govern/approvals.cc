#include "govern/approvals.h"

#include <algorithm>

#include "approval/signed_approval.h"
#include "govern/policy_in_force.h"
#include "store/fact_file.h"
#include "store/layout.h"

namespace lotmark::govern {
namespace {

using approval::Approval;
using approval::PolicySubject;
using approval::VersionSubject;

// What an approval of that subject must say now. For a policy the digest is the approval's own: which policy is
// proposed is known only when it is set.
Result<approval::ApprovalRequest> WantedFor(const store::LockedVolume& volume, const approval::ApprovalRequest& given) {
  const store::VolumeInfo& info = volume.place().info;
  const journal::VolumeHistory& history = volume.history();
  if (const auto* const version = std::get_if<VersionSubject>(&given.subject)) {
    return RequestFor(info, history, version->model, version->version);
  }
  const Digest& proposed = std::get<PolicySubject>(given.subject).policy_sha256;
  return approval::ApprovalRequest{info.volume_id,
                                   PolicySubject{proposed, {history.policy_sha256, history.policy_event}}};
}

// The same act of signing, whatever white space its envelope has.
bool Has(const std::vector<Approval>& known, const Approval& approval) {
  return std::any_of(known.begin(), known.end(), [&](const Approval& at) {
    return at.key_id() == approval.key_id() && at.statement_sha256() == approval.statement_sha256();
  });
}

size_t CountPeople(const policy::Policy& in_force, policy::ApprovalFacts facts, const std::vector<Approval>& known) {
  for (const Approval& at : known) facts.given.push_back(policy::Examine(in_force, at));
  return policy::EvaluateApprovals(in_force, facts).people.size();
}

journal::Event EventOf(const Approval& approval, const std::string& person) {
  journal::Event event;
  event.kind = journal::EventKind::kApproved;
  if (const auto* const subject = std::get_if<VersionSubject>(&approval.request().subject)) {
    event.model = subject->model;
    event.version = subject->version;
    event.manifest_sha256 = subject->manifest_sha256;
  } else {
    event.proposed_policy_sha256 = approval.request().subject_sha256();
  }
  event.key_id = approval.key_id();
  event.person = person;
  event.reason = approval.content().meaning;
  return event;
}

std::string FolderFor(const approval::ApprovalRequest& request) {
  if (const auto* const subject = std::get_if<VersionSubject>(&request.subject)) {
    return store::EvidencePath(subject->model, subject->version);
  }
  return std::string(store::kPolicyApprovalsFolder);
}

std::vector<Digest> FilesFor(const journal::VolumeHistory& history, const approval::ApprovalRequest& wanted) {
  std::vector<Digest> files;
  if (const auto* const subject = std::get_if<VersionSubject>(&wanted.subject)) {
    for (const journal::VersionFact& at : history.approvals) {
      if (at.model == subject->model && at.version == subject->version) files.push_back(*at.file);
    }
    return files;
  }
  for (const journal::PolicyApproval& at : history.policy_approvals) {
    if (at.policy_sha256 == wanted.subject_sha256()) files.push_back(at.file);
  }
  return files;
}

}  // namespace

Result<std::vector<Approval>> ReadApprovals(fs::Dir& root, const journal::VolumeHistory& history,
                                            const approval::ApprovalRequest& wanted) {
  std::vector<Approval> approvals;
  for (const Digest& file : FilesFor(history, wanted)) {
    LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes, store::ReadFact(root, FolderFor(wanted), file));
    LOTMARK_ASSIGN_OR_RETURN(Approval approval, Approval::Parse(std::string(AsText(bytes))));
    approvals.push_back(std::move(approval));
  }
  return approvals;
}

Result<approval::ApprovalRequest> RequestFor(const store::VolumeInfo& info, const journal::VolumeHistory& history,
                                             const ModelName& model, const Version& version) {
  const journal::RegisteredVersion* registered = history.FindRegistered(model, version);
  if (registered == nullptr) {
    return NotFound(model.text() + " " + version.text() + " is not registered in this volume",
                    "`lotmark list` shows the versions.");
  }
  VersionSubject subject{model, version, registered->manifest_sha256, {}};
  for (const journal::VersionFact& at : history.evidence) {
    if (at.model == model && at.version == version) subject.evidence.insert({at.evidence, *at.file});
  }
  return approval::ApprovalRequest{info.volume_id, std::move(subject)};
}

Result<policy::ApprovalFacts> VersionApprovals(fs::Dir& root, const store::VolumeInfo& info,
                                               const journal::VolumeHistory& history, const policy::Policy& in_force,
                                               const ModelName& model, const Version& version) {
  LOTMARK_ASSIGN_OR_RETURN(auto wanted, RequestFor(info, history, model, version));
  LOTMARK_ASSIGN_OR_RETURN(const auto approvals, ReadApprovals(root, history, wanted));
  policy::ApprovalFacts facts{std::move(wanted), {}, RevokedKeys(history)};
  for (const Approval& at : approvals) facts.given.push_back(policy::Examine(in_force, at));
  return facts;
}

Result<ImportedApproval> ImportApproval(const store::Workplace& place, std::string envelope) {
  LOTMARK_ASSIGN_OR_RETURN(const Approval approval, Approval::Parse(std::move(envelope)));
  LOTMARK_ASSIGN_OR_RETURN(store::LockedVolume volume, store::LockedVolume::Take(place));
  LOTMARK_ASSIGN_OR_RETURN(const policy::Policy in_force, ReadPolicy(volume.root(), volume.history()));
  LOTMARK_ASSIGN_OR_RETURN(const auto wanted, WantedFor(volume, approval.request()));
  const policy::ApprovalFacts facts{wanted, {}, RevokedKeys(volume.history())};
  const auto judged = policy::Judge(in_force, wanted, facts.revoked_keys, policy::Examine(in_force, approval));
  if (judged.standing != policy::Standing::kCounts) {
    return Refused("the approval does not count: " + judged.why,
                   "`lotmark approve request` makes the request that is to be signed now.");
  }
  LOTMARK_ASSIGN_OR_RETURN(auto known, ReadApprovals(volume.root(), volume.history(), wanted));
  ImportedApproval done{Has(known, approval), wanted, judged.person, 0, in_force.activation().approvals};
  if (!done.was_imported) {
    journal::Event event = EventOf(approval, judged.person);
    LOTMARK_ASSIGN_OR_RETURN(event.file_sha256,
                             store::WriteFact(volume.root(), FolderFor(wanted), AsBytes(approval.bytes())));
    LOTMARK_RETURN_IF_ERROR(volume.Record(std::move(event)));
    known.push_back(approval);
  }
  done.people = CountPeople(in_force, facts, known);
  return done;
}

}  // namespace lotmark::govern
