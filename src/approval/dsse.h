// DSSE envelopes (Dead Simple Signing Envelope 1.0): a payload, its type, and a signature over both.
//
// Why DSSE: the signature covers the exact bytes of the payload, so nothing is ever signed or checked in a form that
// was written anew from parsed values; and the envelope is what in-toto's and Sigstore's tools read.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace lotmark::approval {

constexpr size_t kMaxEnvelopeBytes = 128 << 10;

// Here always with exactly one signature: several people sign several envelopes, so that each can come by itself.
struct Envelope {
  std::string payload_type;
  std::string payload;
  Digest key_id;    // says which key to try, proves nothing
  Bytes signature;  // not looked at yet
};

// Strict JSON (base/json.h) with these members and no others, standard base64. kRefused, kTooLarge: kMaxEnvelopeBytes.
Result<Envelope> ParseEnvelope(std::string_view json);
// One line of JSON and its end.
std::string FormatEnvelope(const Envelope& envelope);

// What is signed: "DSSEv1 <length> <type> <length> <payload>".
std::string PreAuthEncoding(std::string_view payload_type, std::string_view payload);

}  // namespace lotmark::approval
