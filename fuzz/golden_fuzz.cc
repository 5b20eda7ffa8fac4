// The result of a golden run as evidence: a document that is taken is the one spelling of its meaning, and consistent.
#include "classify/golden_evidence.h"

#include <algorithm>

#include "fuzz.h"

namespace lotmark::fuzz {
namespace {

void Check(std::string_view text) {
  const auto parsed = classify::ParseGoldenEvidence(text);
  if (!parsed) return Require(!parsed.error().text.empty(), "a refusal says why");
  Require(FormatGoldenEvidence(*parsed) == text, "there is one spelling");
  Require(!parsed->cases.empty(), "there are cases");
  const bool all = std::all_of(parsed->cases.begin(), parsed->cases.end(), [](const auto& one) { return one.passed; });
  Require(all == parsed->passed, "it passed when every case did");
}

}  // namespace
}  // namespace lotmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lotmark::fuzz::Check(lotmark::AsText({data, size}));
  return 0;
}
