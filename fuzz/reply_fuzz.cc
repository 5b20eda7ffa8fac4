// What something at a service's address may reply: read strictly, or refused with a reason. The first byte chooses the
// form.
#include "client/service.h"
#include "fuzz.h"

namespace lotmark::fuzz {
namespace {

void CheckHealth(std::string_view text) {
  const auto health = client::ParseHealth(text);
  if (!health) return Require(!health.error().text.empty(), "a refusal says why");
  Require(health->replica.size() <= 64 + 3, "the replica's name is bounded");
  Require(!health->last_failure || health->last_failure->reason.size() <= 1000 + 3, "the reason is bounded");
  const auto printable = [](const std::string& words) {
    for (const char c : words)
      Require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F, "only printable text gets on");
  };
  printable(health->replica);
  if (health->last_failure) printable(health->last_failure->reason);
}

void CheckClassification(std::string_view text) {
  const auto reply = client::ParseClassification(text);
  if (!reply) return Require(!reply.error().text.empty(), "a refusal says why");
  Require(reply->labels.size() == reply->probabilities.size(), "a probability for each label");
}

}  // namespace
}  // namespace lotmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const lotmark::fuzz::Input input = lotmark::fuzz::Split(data, size);
  input.choice % 2 == 0 ? lotmark::fuzz::CheckHealth(input.text) : lotmark::fuzz::CheckClassification(input.text);
  return 0;
}
