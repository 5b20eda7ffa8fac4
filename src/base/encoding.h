// Hexadecimal, base64 and UTF-8: the text forms of bytes that come from outside.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace lotmark {

std::string ToHex(ByteView bytes);

// REQUIRES: `hex` holds 2 * out.size() valid lower-case digits (the caller has checked).
void HexToBytes(std::string_view hex, std::span<uint8_t> out);

// Standard base64 (RFC 4648 section 4), padding required, no line breaks, no stray bits. kRefused says where.
Result<Bytes> Base64Decode(std::string_view text);
std::string Base64Encode(ByteView bytes);

// True when `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
bool IsUtf8(std::string_view text);

// `text` made safe to print in an error or a log line: control characters and bytes that are not UTF-8 become
// `\xNN`, and what exceeds `max_bytes` is cut with "…". Outside text reaches a terminal only through this.
std::string Printable(std::string_view text, size_t max_bytes = 200);

}  // namespace lotmark
