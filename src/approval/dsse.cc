#include "approval/dsse.h"

#include <fmt/format.h>

#include "base/json_field.h"

namespace lotmark::approval {
namespace {

constexpr std::string_view kWhyStrict = "an envelope says one thing only";
constexpr size_t kMaxTypeBytes = 128;

Result<Bytes> RequiredBase64(const JsonObject& object, std::string_view key) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string text, object.RequiredString(key));
  Result<Bytes> bytes = Base64Decode(text);
  if (!bytes) return Prefixed(object.PathOf(key), std::move(bytes).error());
  return bytes;
}

}  // namespace

Result<Envelope> ParseEnvelope(std::string_view json) {
  LOTMARK_ASSIGN_OR_RETURN(const Json document, ParseJson(json, {.max_bytes = kMaxEnvelopeBytes, .max_depth = 4}));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Of(document, ""));
  LOTMARK_RETURN_IF_ERROR(RefuseUnknownKeys(object, {"payload", "payloadType", "signatures"}, kWhyStrict));
  Envelope envelope;
  LOTMARK_ASSIGN_OR_RETURN(envelope.payload_type, RequiredLabel(object, "payloadType", kMaxTypeBytes));
  LOTMARK_ASSIGN_OR_RETURN(const Bytes payload, RequiredBase64(object, "payload"));
  envelope.payload = AsText(payload);
  LOTMARK_ASSIGN_OR_RETURN(const Json* array, object.RequiredArray("signatures"));
  LOTMARK_ASSIGN_OR_RETURN(const auto signatures, Objects(*array, "signatures"));
  if (signatures.size() != 1) {
    return Refused(fmt::format("signatures: {} of them: there must be exactly one", signatures.size()));
  }
  LOTMARK_RETURN_IF_ERROR(RefuseUnknownKeys(signatures[0], {"keyid", "sig"}, kWhyStrict));
  LOTMARK_ASSIGN_OR_RETURN(envelope.key_id, RequiredDigest(signatures[0], "keyid"));
  LOTMARK_ASSIGN_OR_RETURN(envelope.signature, RequiredBase64(signatures[0], "sig"));
  return envelope;
}

std::string FormatEnvelope(const Envelope& envelope) {
  const Json signature{{"keyid", envelope.key_id.hex()}, {"sig", Base64Encode(envelope.signature)}};
  return DumpJson(Json{{"payloadType", envelope.payload_type},
                       {"payload", Base64Encode(AsBytes(envelope.payload))},
                       {"signatures", Json::array({signature})}}) +
         "\n";
}

std::string PreAuthEncoding(std::string_view payload_type, std::string_view payload) {
  return fmt::format("DSSEv1 {} {} {} {}", payload_type.size(), payload_type, payload.size(), payload);
}

}  // namespace lotmark::approval
