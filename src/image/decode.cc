#include "image/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/encoding.h"
#include "image/codecs.h"

namespace lotmark::image {
namespace {

using namespace std::string_view_literals;

constexpr auto kJpegMagic = "\xff\xd8\xff"sv;
constexpr auto kPngMagic = "\x89PNG\r\n\x1a\n"sv;

Error NotAnImage(ByteView encoded) {
  if (encoded.empty()) return Refused("image: empty: no bytes were given");
  const ByteView start = encoded.first(std::min<size_t>(encoded.size(), 8));
  return Refused(fmt::format("image: neither JPEG nor PNG: it starts with the bytes {}", ToHex(start)),
                 "Convert it to JPEG or PNG.");
}

Result<Format> FormatOf(ByteView encoded, const DecodeLimits& limits) {
  if (encoded.size() > limits.max_bytes) {
    return Error{ErrorCode::kTooLarge,
                 fmt::format("image: {} bytes: over the limit of {} bytes", encoded.size(), limits.max_bytes)};
  }
  const std::string_view text = AsText(encoded);
  if (text.starts_with(kJpegMagic)) return Format::kJpeg;
  if (text.starts_with(kPngMagic)) return Format::kPng;
  return NotAnImage(encoded);
}

}  // namespace

Status CheckSize(int64_t width, int64_t height, const DecodeLimits& limits) {
  if (width > limits.max_side || height > limits.max_side) {
    return Error{ErrorCode::kTooLarge,
                 fmt::format("image: {}x{} pixels: a side is over the limit of {}", width, height, limits.max_side)};
  }
  if (width * height > limits.max_pixels) {
    return Error{ErrorCode::kTooLarge,
                 fmt::format("image: {}x{} pixels: over the limit of {} pixels", width, height, limits.max_pixels)};
  }
  return Ok();
}

Result<DecodedImage> DecodeImage(ByteView encoded, const DecodeLimits& limits) {
  LOTMARK_ASSIGN_OR_RETURN(const Format format, FormatOf(encoded, limits));
  return format == Format::kJpeg ? DecodeJpeg(encoded, limits) : DecodePng(encoded, limits);
}

Result<uint64_t> DecodeMemoryNeed(ByteView encoded, const DecodeLimits& limits) {
  LOTMARK_ASSIGN_OR_RETURN(const Format format, FormatOf(encoded, limits));
  return format == Format::kJpeg ? JpegMemoryNeed(encoded, limits) : PngMemoryNeed(encoded, limits);
}

}  // namespace lotmark::image
