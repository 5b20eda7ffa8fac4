#include "store/fact_file.h"

#include <set>

#include "base/encoding.h"
#include "fs/file_ops.h"
#include "fs/temporary.h"
#include "store/layout.h"

namespace lotmark::store {
namespace {

// The folder, or nullptr when there is none.
Result<std::unique_ptr<fs::Dir>> OpenIfThere(fs::Dir& parent, const std::string& path) {
  auto folder = parent.OpenDir(path);
  if (!folder && folder.error().code == ErrorCode::kNotFound) return std::unique_ptr<fs::Dir>();
  return folder;
}

Result<std::vector<std::string>> FoldersIn(fs::Dir& root, const std::string& path) {
  std::vector<std::string> names;
  LOTMARK_ASSIGN_OR_RETURN(const auto folder, OpenIfThere(root, path));
  if (!folder) return names;
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<fs::Entry> entries, folder->List());
  for (const fs::Entry& entry : entries) {
    if (entry.kind == fs::EntryKind::kFolder) names.push_back(Join(path, entry.name));
  }
  return names;
}

// Every folder of a volume that may hold facts.
Result<std::vector<std::string>> FactFolders(fs::Dir& root) {
  std::vector<std::string> folders{std::string(kPoliciesFolder), std::string(kPolicyApprovalsFolder)};
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<std::string> models, FoldersIn(root, std::string(kModelsFolder)));
  for (const std::string& model : models) {
    LOTMARK_ASSIGN_OR_RETURN(const std::vector<std::string> versions, FoldersIn(root, Join(model, kEvidenceFolder)));
    folders.insert(folders.end(), versions.begin(), versions.end());
  }
  return folders;
}

Status SweepFolder(fs::Dir& folder, const std::set<Digest>& named) {
  LOTMARK_RETURN_IF_ERROR(fs::SweepTemporaries(folder));
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<fs::Entry> entries, folder.List());
  bool removed = false;
  for (const fs::Entry& entry : entries) {
    const auto digest = ParseFactFileName(entry.name);
    if (!digest || entry.kind != fs::EntryKind::kFile || named.contains(*digest)) continue;
    LOTMARK_RETURN_IF_ERROR(folder.RemoveFile(entry.name));
    removed = true;
  }
  return removed ? folder.Sync() : Ok();
}

Status AddStrangers(fs::Dir& root, const std::string& path, const std::set<std::string>& expected,
                    std::vector<std::string>& wrong) {
  LOTMARK_ASSIGN_OR_RETURN(const auto folder, OpenIfThere(root, path));
  if (!folder) return Ok();
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<fs::Entry> entries, folder->List());
  for (const fs::Entry& entry : entries) {
    const std::string found = Join(path, entry.name);
    if (found == kPolicyApprovalsFolder || fs::IsTemporary(entry.name) || expected.contains(found)) continue;
    wrong.push_back(Printable(found) + ": unexpected: no event names it");
  }
  return Ok();
}

// "" when `policy.json` is as it should be; a link to an earlier policy is what a dead command leaves.
std::string PolicyLinkProblem(fs::Dir& root, const journal::VolumeHistory& history) {
  const std::string path = std::string(kPolicyLink);
  const auto text = root.ReadLink(path);
  if (text && *text == PolicyLinkText(history.policy_sha256)) return "";
  if (!text && text.error().code == ErrorCode::kNotFound) return path + ": is missing";
  if (!text) return path + ": is not the link that lotmark made: " + text.error().text;
  return path + ": names '" + Printable(*text) + "', the policy in force is " + history.policy_sha256.hex();
}

bool NamesSomePolicy(const std::string& link_text, const journal::VolumeHistory& history) {
  for (const Digest& digest : history.files) {
    if (link_text == PolicyLinkText(digest)) return true;
  }
  return false;
}

// A copy of the volume that followed links has left the policy's own bytes in the link's place.
bool IsCopyOfPolicy(fs::Dir& root, const journal::VolumeHistory& history) {
  const auto bytes = fs::ReadWholeFile(root, kPolicyLink, kMaxFactBytes);
  return bytes && Sha256Of(*bytes) == history.policy_sha256;
}

}  // namespace

Result<Digest> WriteFact(fs::Dir& root, const std::string& folder, ByteView bytes) {
  if (bytes.size() > kMaxFactBytes) {
    return Error{ErrorCode::kTooLarge,
                 std::to_string(bytes.size()) + " bytes: the limit is " + std::to_string(kMaxFactBytes)};
  }
  const Digest digest = Sha256Of(bytes);
  LOTMARK_RETURN_IF_ERROR(fs::MakeDirs(root, folder));
  LOTMARK_ASSIGN_OR_RETURN(const auto opened, root.OpenDir(folder));
  LOTMARK_RETURN_IF_ERROR(fs::WriteFileAtomic(*opened, FactFileName(digest), bytes, fs::IfExists::kReplace));
  return digest;
}

Result<Bytes> ReadFact(fs::Dir& root, const std::string& folder, const Digest& digest) {
  const std::string path = Join(folder, FactFileName(digest));
  auto bytes = fs::ReadWholeFile(root, path, kMaxFactBytes);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound) {
    return Refused(Join(root.DisplayPath(), path) + ": is missing, and an event names it", "Restore it from a backup.");
  }
  if (!bytes) return bytes;
  if (Sha256Of(*bytes) == digest) return bytes;
  return Refused(Join(root.DisplayPath(), path) + ": digest differs: its bytes are not those that an event names",
                 "Somebody changed it without lotmark: restore it from a backup.");
}

Status SweepFacts(fs::Dir& root, const journal::VolumeHistory& history) {
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<std::string> folders, FactFolders(root));
  for (const std::string& path : folders) {
    LOTMARK_ASSIGN_OR_RETURN(const auto folder, OpenIfThere(root, path));
    if (folder) LOTMARK_RETURN_IF_ERROR(SweepFolder(*folder, history.files));
  }
  return Ok();
}

Result<std::vector<std::string>> VerifyFacts(fs::Dir& root, const std::vector<journal::Event>& events,
                                             const journal::VolumeHistory& history) {
  std::vector<std::string> wrong;
  std::set<std::string> expected;
  for (const journal::Event& event : events) {
    const auto folder = FactFolderOf(event);
    if (!folder || !expected.insert(Join(*folder, FactFileName(*event.file_sha256))).second) continue;
    const auto bytes = ReadFact(root, *folder, *event.file_sha256);
    if (!bytes) wrong.push_back(bytes.error().text);
  }
  LOTMARK_ASSIGN_OR_RETURN(const std::vector<std::string> folders, FactFolders(root));
  for (const std::string& path : folders) LOTMARK_RETURN_IF_ERROR(AddStrangers(root, path, expected, wrong));
  if (std::string problem = PolicyLinkProblem(root, history); !problem.empty()) wrong.push_back(std::move(problem));
  return wrong;
}

std::optional<std::string> FactFolderOf(const journal::Event& event) {
  if (!event.file_sha256) return std::nullopt;
  if (event.version) return EvidencePath(*event.model, *event.version);
  return std::string(event.proposed_policy_sha256 ? kPolicyApprovalsFolder : kPoliciesFolder);
}

Status EnsurePolicyLink(fs::Dir& root, const journal::VolumeHistory& history) {
  const std::string problem = PolicyLinkProblem(root, history);
  if (problem.empty()) return Ok();
  const auto text = root.ReadLink(kPolicyLink);
  const bool replaceable = text ? NamesSomePolicy(*text, history)
                                : text.error().code == ErrorCode::kNotFound || IsCopyOfPolicy(root, history);
  if (replaceable) return fs::ReplaceLinkAtomic(root, kPolicyLink, PolicyLinkText(history.policy_sha256));
  return Refused(Join(root.DisplayPath(), problem),
                 "The policy changes only by `lotmark policy set FILE`: move this away, then run that with your file.");
}

}  // namespace lotmark::store
