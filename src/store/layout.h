// Where things lie in a volume: every name of doc/volume.md, in one place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "base/uuid.h"
#include "manifest/manifest.h"
#include "tlog/note.h"

namespace lotmark::store {

using manifest::kManifestFile;  // in a version's folder, and the link at the top

inline constexpr std::string_view kVolumeFile = "volume.json";
inline constexpr std::string_view kModelsFolder = "models";
inline constexpr std::string_view kJournalFolder = "journal";
inline constexpr std::string_view kStagingFolder = "staging";
inline constexpr std::string_view kPoliciesFolder = "policies";
inline constexpr std::string_view kPolicyApprovalsFolder = "policies/approvals";
inline constexpr std::string_view kPolicyLink = "policy.json";  // to the policy in force, for people
inline constexpr std::string_view kLockFile = "lock";
inline constexpr std::string_view kActiveLink = "active";  // in a model's folder
inline constexpr std::string_view kVersionsFolder = "versions";
inline constexpr std::string_view kEvidenceFolder = "evidence";  // in a model's folder

inline constexpr int64_t kVolumeFormat = 1;

// `a` and `b` joined by '/'.
std::string Join(std::string_view a, std::string_view b);

std::string ModelPath(const ModelName& model);                            // models/<model>
std::string VersionsPath(const ModelName& model);                         // models/<model>/versions
std::string VersionPath(const ModelName& model, const Version& version);  // models/<model>/versions/<version>

// models/<model>/evidence/<version>
std::string EvidencePath(const ModelName& model, const Version& version);
// <digest>.json: the name of a file that states a fact.
std::string FactFileName(const Digest& digest);
// The digest that such a name holds; nothing when it is no such name.
std::optional<Digest> ParseFactFileName(std::string_view name);
// The text of the `policy.json` link.
std::string PolicyLinkText(const Digest& policy_sha256);

// The text of the `active` link: exactly `versions/<version>`.
std::string PointerText(const Version& version);
// The version that `text` names; nothing when it is not exactly of that form.
std::optional<Version> ParsePointerText(std::string_view text);

// The text of the top-level link to the primary model's active manifest.
std::string TopLinkText(const ModelName& primary_model);

// volume.json
struct VolumeInfo {
  Uuid volume_id;
  ModelName primary_model;
  tlog::NoteVerifier journal_key;  // with which the journal is signed
};
std::string FormatVolumeInfo(const VolumeInfo& info);
// kRefused: not JSON of this shape, or an unknown format number.
Result<VolumeInfo> ParseVolumeInfo(std::string_view text);

}  // namespace lotmark::store
