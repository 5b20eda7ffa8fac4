#include "policy/decision.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"

namespace lotmark::policy {
namespace {

using manifest::GoldenOrigin;

constexpr size_t kToldApprovals = 3;  // of those that do not count; a message is no list

std::string Megabytes(double bytes) { return fmt::format("{:.1f} MiB", bytes / (1 << 20)); }

// People of whom at least one key may still sign.
size_t ReachablePeople(const Policy& policy, const std::set<Digest>& revoked_keys) {
  const auto can_sign = [&](const Approver& person) {
    return std::any_of(person.keys.begin(), person.keys.end(),
                       [&](const approval::PublicKey& key) { return !revoked_keys.contains(key.id()); });
  };
  return static_cast<size_t>(std::count_if(policy.approvers().begin(), policy.approvers().end(), can_sign));
}

std::optional<Unmet> UnmetApprovals(const Policy& policy, const ApprovalFacts& facts, const std::string& how_to_ask) {
  const size_t wanted = policy.activation().approvals;
  const ApprovalTally tally = EvaluateApprovals(policy, facts);
  if (tally.people.size() >= wanted) return std::nullopt;
  std::string names;
  for (const std::string& name : tally.people) names += (names.empty() ? "" : ", ") + Printable(name);
  std::string text = fmt::format("approvals: {}: {} of {} people approved it", facts.wanted.subject_name(),
                                 tally.people.size(), wanted);
  if (!names.empty()) text += " (" + names + ")";
  size_t told = 0;
  for (const JudgedApproval& one : tally.judged) {
    if (one.standing == Standing::kCounts || ++told > kToldApprovals) continue;
    text += fmt::format("; the approval {}… does not count: {}", one.file_sha256.short_hex(), one.why);
  }
  if (told > kToldApprovals) text += fmt::format("; {} more do not count", told - kToldApprovals);
  const size_t reachable = ReachablePeople(policy, facts.revoked_keys);
  if (reachable < wanted) {
    return Unmet{
        "approvals", text,
        fmt::format("Only {} of the people in the policy in force have a key that is not revoked.", reachable)};
  }
  return Unmet{"approvals", text, how_to_ask};
}

std::optional<Unmet> UnmetGolden(GoldenOrigin wanted, const std::optional<GoldenOrigin>& found,
                                 const std::string& which) {
  if (!found) {
    return Unmet{"golden_origin", "golden_origin: " + which + ": its manifest has no golden cases",
                 "Golden cases are written into the manifest's folder before the version is added (doc/manifest.md)."};
  }
  if (wanted == GoldenOrigin::kTraining && *found != GoldenOrigin::kTraining) {
    return Unmet{"golden_origin",
                 "golden_origin: " + which +
                     ": its golden cases are recorded from the model itself, and the policy asks "
                     "for ones of the training",
                 "Export the version again with golden cases written by the training framework."};
  }
  return std::nullopt;
}

std::optional<Unmet> UnmetMemory(double times, const Facts& facts, const std::string& which) {
  const auto unmet = [&](const std::string& why) {
    return Unmet{"free_memory", "free_memory: " + which + ": " + why,
                 "Free memory on this machine, or raise the limit of its container."};
  };
  if (!facts.available_memory) return unmet("this machine does not say how much memory is available");
  const double needed = times * static_cast<double>(facts.artifact_bytes);
  const auto available = static_cast<double>(*facts.available_memory);
  if (available >= needed) return std::nullopt;
  return unmet(fmt::format("{} is available, and {:g} times its artifact is {}", Megabytes(available), times,
                           Megabytes(needed)));
}

}  // namespace

std::vector<Unmet> UnmetConditions(const Policy& policy, const Facts& facts) {
  const ActivationConditions& asked = policy.activation();
  const std::string which = facts.approvals.wanted.subject_name();
  std::vector<Unmet> unmet;
  const auto add = [&](std::optional<Unmet> one) {
    if (one) unmet.push_back(*std::move(one));
  };
  for (const manifest::Format format : asked.formats) {
    if (facts.usable_formats.contains(format)) continue;
    add(Unmet{"formats", fmt::format("formats: {}: it cannot be served as {}", which, manifest::FormatName(format)),
              "Export the format with all that serving it needs, and add it as a new version."});
  }
  if (asked.golden_origin) add(UnmetGolden(*asked.golden_origin, facts.golden_origin, which));
  if (asked.free_memory_times_artifact) add(UnmetMemory(*asked.free_memory_times_artifact, facts, which));
  add(UnmetApprovals(policy, facts.approvals,
                     "Ask with `lotmark approve request VERSION > request.json`; each approver signs it with "
                     "`lotmark approve sign`, and `lotmark approve import` takes it in."));
  return unmet;
}

std::vector<Unmet> UnmetForPolicyChange(const Policy& in_force, const ApprovalFacts& facts) {
  std::optional<Unmet> approvals =
      UnmetApprovals(in_force, facts,
                     "Ask with `lotmark approve request --policy FILE > request.json`; the approvers of the policy in "
                     "force sign it with `lotmark approve sign`.");
  if (!approvals) return {};
  return {*std::move(approvals)};
}

}  // namespace lotmark::policy
