#include "client/service.h"

#include <fmt/format.h>

#include <array>

#include "base/encoding.h"
#include "base/json.h"

namespace lotmark::client {
namespace {

constexpr std::array<uint8_t, 4> kPngBegin{0x89, 'P', 'N', 'G'};

Result<ServedVersion> ParseServed(const JsonObject& json) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string model_text, json.RequiredString("model_name"));
  LOTMARK_ASSIGN_OR_RETURN(const std::string version_text, json.RequiredString("model_version"));
  LOTMARK_ASSIGN_OR_RETURN(const std::string digest_text, json.RequiredString("manifest_sha256"));
  LOTMARK_ASSIGN_OR_RETURN(const ModelName model, ModelName::Parse(model_text));
  LOTMARK_ASSIGN_OR_RETURN(const Version version, Version::Parse(version_text));
  LOTMARK_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(digest_text));
  return ServedVersion{model, version, digest};
}

bool IsNull(const JsonObject& json, std::string_view key) {
  const auto found = json.json().find(std::string(key));
  return found == json.json().end() || found->is_null();
}

Result<std::optional<ServedVersion>> OptionalServed(const JsonObject& json, std::string_view key) {
  if (IsNull(json, key)) return std::optional<ServedVersion>();
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject object, json.RequiredObject(key));
  LOTMARK_ASSIGN_OR_RETURN(ServedVersion served, ParseServed(object));
  return std::optional(std::move(served));
}

// What is said of a reply that is not the wanted one; an error of our service brings its own words.
Error Unwanted(const HttpClient& service, const HttpReply& reply) {
  std::string why = fmt::format("{}: HTTP status {}", Printable(service.base_url()), reply.status);
  if (const auto json = ParseJson(reply.body); json && json->is_object() && json->contains("error")) {
    const Json& error = (*json)["error"];
    if (error.is_object() && error.contains("message") && error["message"].is_string()) {
      why += ": " + Printable(error["message"].get<std::string>());
    }
  }
  return {reply.status == 503 ? ErrorCode::kBusy : ErrorCode::kRefused, std::move(why)};
}

Error NotOurs(const HttpClient& service, Error error) {
  return Prefixed(Printable(service.base_url()) + ": what answers there is not `lotmark serve`", std::move(error));
}

}  // namespace

Result<Health> ParseHealth(std::string_view body) {
  LOTMARK_ASSIGN_OR_RETURN(const Json json, ParseJson(body));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Of(json, "health"));
  Health health;
  LOTMARK_ASSIGN_OR_RETURN(health.status, object.RequiredString("status"));
  LOTMARK_ASSIGN_OR_RETURN(const std::string replica, object.RequiredString("replica"));
  health.replica = Printable(replica, 64);
  LOTMARK_ASSIGN_OR_RETURN(health.desired, OptionalServed(object, "desired"));
  LOTMARK_ASSIGN_OR_RETURN(health.active, OptionalServed(object, "active"));
  LOTMARK_ASSIGN_OR_RETURN(health.loading, OptionalServed(object, "loading"));
  if (IsNull(object, "last_failure")) return health;
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject failure, object.RequiredObject("last_failure"));
  LOTMARK_ASSIGN_OR_RETURN(auto version, OptionalServed(failure, "version"));
  LOTMARK_ASSIGN_OR_RETURN(const std::string reason, failure.RequiredString("reason"));
  health.last_failure = Health::Failure{std::move(version), Printable(reason, 1000)};
  return health;
}

Result<Classification> ParseClassification(std::string_view body) {
  LOTMARK_ASSIGN_OR_RETURN(const Json json, ParseJson(body));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Of(json, "classification"));
  LOTMARK_ASSIGN_OR_RETURN(ServedVersion by, ParseServed(object));
  Classification classification{std::move(by), {}, {}};
  LOTMARK_ASSIGN_OR_RETURN(const Json* classes, object.RequiredArray("classes"));
  for (const Json& one : *classes) {
    LOTMARK_ASSIGN_OR_RETURN(const JsonObject entry, JsonObject::Of(one, "classification.classes"));
    LOTMARK_ASSIGN_OR_RETURN(std::string label, entry.RequiredString("label"));
    LOTMARK_ASSIGN_OR_RETURN(const double probability, entry.RequiredNumber("probability"));
    classification.labels.push_back(std::move(label));
    classification.probabilities.push_back(probability);
  }
  return classification;
}

Result<Health> ReadHealth(const HttpClient& service) {
  LOTMARK_ASSIGN_OR_RETURN(const HttpReply reply, service.Get("/health"));
  if (reply.status != 200) return Unwanted(service, reply);
  auto health = ParseHealth(reply.body);
  if (!health) return NotOurs(service, std::move(health).error());
  return health;
}

Result<Classification> ClassifyAsTest(const HttpClient& service, ByteView image) {
  const bool png = image.size() >= kPngBegin.size() && std::equal(kPngBegin.begin(), kPngBegin.end(), image.begin());
  LOTMARK_ASSIGN_OR_RETURN(const HttpReply reply,
                           service.Post("/classify?source=test", png ? "image/png" : "image/jpeg", image));
  if (reply.status != 200) return Unwanted(service, reply);
  auto classification = ParseClassification(reply.body);
  if (!classification) return NotOurs(service, std::move(classification).error());
  return classification;
}

}  // namespace lotmark::client
