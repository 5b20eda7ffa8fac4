#include "base/encoding.h"

#include <algorithm>
#include <array>

namespace lotmark {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

uint8_t HexValue(char c) { return static_cast<uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); }

constexpr std::array<int8_t, 256> MakeBase64Values() {
  std::array<int8_t, 256> values{};
  for (auto& v : values) v = -1;
  for (size_t i = 0; i < kBase64.size(); ++i) values[static_cast<uint8_t>(kBase64[i])] = static_cast<int8_t>(i);
  return values;
}
constexpr auto kBase64Values = MakeBase64Values();

// Length in bytes of the well-formed UTF-8 character at `text[pos]`, or 0.
size_t Utf8Length(std::string_view text, size_t pos) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(pos);
  if (first < 0x80) return 1;
  size_t length = 0;
  uint32_t code = 0;
  uint32_t smallest = 0;
  if ((first & 0xE0) == 0xC0) {
    length = 2;
    code = first & 0x1Fu;
    smallest = 0x80;
  } else if ((first & 0xF0) == 0xE0) {
    length = 3;
    code = first & 0x0Fu;
    smallest = 0x800;
  } else if ((first & 0xF8) == 0xF0) {
    length = 4;
    code = first & 0x07u;
    smallest = 0x10000;
  } else
    return 0;
  if (pos + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(pos + i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(pos + i) & 0x3Fu);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < smallest || code > 0x10FFFF || surrogate ? 0 : length;
}

}  // namespace

std::string ToHex(ByteView bytes) {
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (uint8_t b : bytes) {
    hex += kHexDigits[b >> 4];
    hex += kHexDigits[b & 15];
  }
  return hex;
}

void HexToBytes(std::string_view hex, std::span<uint8_t> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<uint8_t>(HexValue(hex[2 * i]) << 4 | HexValue(hex[2 * i + 1]));
  }
}

Result<Bytes> Base64Decode(std::string_view text) {
  if (text.size() % 4 != 0) return Refused("base64: the length is not a multiple of 4");
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const size_t digits = text.size() - padding;
  Bytes out;
  out.reserve(digits * 3 / 4);
  uint32_t buffer = 0;
  int bits = 0;
  for (size_t i = 0; i < digits; ++i) {
    const int8_t value = kBase64Values[static_cast<uint8_t>(text[i])];
    if (value < 0) return Refused("base64: character " + std::to_string(i) + " is not in the alphabet");
    buffer = buffer << 6 | static_cast<uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<uint8_t>(buffer >> bits));
      buffer &= (1u << bits) - 1;
    }
  }
  if (buffer != 0) return Refused("base64: the last character carries stray bits");
  return out;
}

std::string Base64Encode(ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = static_cast<uint32_t>(bytes[i]) << 16;
    if (n > 1) group |= static_cast<uint32_t>(bytes[i + 1]) << 8;
    if (n > 2) group |= bytes[i + 2];
    text += kBase64[group >> 18];
    text += kBase64[group >> 12 & 63];
    text += n > 1 ? kBase64[group >> 6 & 63] : '=';
    text += n > 2 ? kBase64[group & 63] : '=';
  }
  return text;
}

bool IsUtf8(std::string_view text) {
  for (size_t pos = 0; pos < text.size();) {
    const size_t length = Utf8Length(text, pos);
    if (length == 0) return false;
    pos += length;
  }
  return true;
}

std::string Printable(std::string_view text, size_t max_bytes) {
  std::string out;
  for (size_t pos = 0; pos < text.size();) {
    if (out.size() >= max_bytes) return out + "…";
    const size_t length = Utf8Length(text, pos);
    const auto byte = static_cast<uint8_t>(text[pos]);
    // C1 controls (U+0080-U+009F, encoded C2 80-9F) drive terminals as well as C0 controls do.
    const bool c1_control = length == 2 && byte == 0xC2 && static_cast<uint8_t>(text[pos + 1]) < 0xA0;
    if (length == 0 || byte < 0x20 || byte == 0x7F || c1_control) {
      for (size_t i = 0; i < std::max<size_t>(length, 1); ++i) {
        const auto b = static_cast<uint8_t>(text[pos + i]);
        out += "\\x";
        out += kHexDigits[b >> 4];
        out += kHexDigits[b & 15];
      }
    } else {
      out += text.substr(pos, length);
    }
    pos += std::max<size_t>(length, 1);
  }
  return out;
}

}  // namespace lotmark
