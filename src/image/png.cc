// PNG by libspng. The only file that includes it.
#include <fmt/format.h>
#include <spng.h>

#include <memory>
#include <string_view>
#include <vector>

#include "image/codecs.h"

namespace lotmark::image {
namespace {

// Of one chunk after unpacking, and of all of them: text and colour profiles, never pixels.
constexpr size_t kMaxChunkBytes = size_t{4} << 20;
constexpr size_t kMaxAllChunkBytes = size_t{8} << 20;

struct FreeContext {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};
using Context = std::unique_ptr<spng_ctx, FreeContext>;

Status Check(int code) {
  if (code == SPNG_OK) return Ok();
  if (code == SPNG_EMEM) return MachineFailed("image: PNG: no memory");
  return Refused(fmt::format("image: PNG: cannot be decoded: {}", spng_strerror(code)));
}

constexpr size_t kSignatureBytes = 8;
constexpr size_t kChunkFrameBytes = 12;  // length, type, checksum

constexpr size_t kWidthAt = kSignatureBytes + 8;  // behind the first chunk's length and type
constexpr size_t kHeightAt = kWidthAt + 4;

// REQUIRES: four bytes are there.
uint32_t BigEndian(ByteView bytes, size_t offset) {
  uint32_t value = 0;
  for (const uint8_t byte : bytes.subspan(offset, 4)) value = value << 8 | byte;
  return value;
}

// libspng's own answer to sizes near 2^31 is "arithmetic overflow": look first, and say what is wrong.
Status CheckClaimedSize(ByteView encoded, const DecodeLimits& limits) {
  if (encoded.size() < kHeightAt + 4) return Refused("image: PNG: cut off inside its header");
  return CheckSize(BigEndian(encoded, kWidthAt), BigEndian(encoded, kHeightAt), limits);
}

// Walks from chunk to chunk to the end chunk. libspng 0.7 takes a file without the last chunk's checksum for whole.
Status CheckWhole(ByteView encoded) {
  size_t at = kSignatureBytes;
  while (encoded.size() - at >= kChunkFrameBytes) {
    const uint64_t length = BigEndian(encoded, at);
    if (encoded.size() - at - kChunkFrameBytes < length) break;
    if (AsText(encoded.subspan(at + 4, 4)) == "IEND") return Ok();
    at += kChunkFrameBytes + length;
  }
  return Refused(fmt::format("image: PNG: cut off: no end chunk in its {} bytes", encoded.size()));
}

Result<Context> Open(ByteView encoded) {
  Context context(spng_ctx_new(0));
  if (!context) return MachineFailed("image: PNG: no memory");
  LOTMARK_RETURN_IF_ERROR(Check(spng_set_crc_action(context.get(), SPNG_CRC_ERROR, SPNG_CRC_ERROR)));
  LOTMARK_RETURN_IF_ERROR(Check(spng_set_chunk_limits(context.get(), kMaxChunkBytes, kMaxAllChunkBytes)));
  LOTMARK_RETURN_IF_ERROR(Check(spng_set_png_buffer(context.get(), encoded.data(), encoded.size())));
  return context;
}

Result<spng_ihdr> ReadHeader(spng_ctx* context) {
  spng_ihdr header{};
  LOTMARK_RETURN_IF_ERROR(Check(spng_get_ihdr(context, &header)));
  if (header.color_type == SPNG_COLOR_TYPE_GRAYSCALE && header.bit_depth == 16) {
    return Refused("image: PNG: 16-bit grey: what its samples mean in 8 bits is not defined",
                   "Convert it to 8 bits a channel the way the model's training set was.");
  }
  return header;
}

std::optional<uint32_t> ReadExif(spng_ctx* context) {
  spng_exif exif{};
  if (spng_get_exif(context, &exif) != SPNG_OK) return std::nullopt;
  return ExifOrientationTag(AsBytes({exif.data, exif.length}));
}

std::optional<uint32_t> ReadXmp(spng_ctx* context) {
  uint32_t count = 0;
  if (spng_get_text(context, nullptr, &count) != SPNG_OK || count == 0) return std::nullopt;
  std::vector<spng_text> texts(count);
  if (spng_get_text(context, texts.data(), &count) != SPNG_OK) return std::nullopt;
  for (const spng_text& text : texts) {
    if (text.type == SPNG_ITXT && std::string_view(text.keyword) == "XML:com.adobe.xmp") {
      return XmpOrientationTag(AsBytes({text.text, text.length}));
    }
  }
  return std::nullopt;
}

}  // namespace

Result<uint64_t> PngMemoryNeed(ByteView encoded, const DecodeLimits& limits) {
  constexpr uint64_t kFixed = kMaxAllChunkBytes + (uint64_t{1} << 20);
  constexpr uint64_t kRowBytesPerPixel = 32;  // two rows of 16-bit RGBA, and as much again
  LOTMARK_RETURN_IF_ERROR(CheckClaimedSize(encoded, limits));
  const uint32_t width = BigEndian(encoded, kWidthAt);
  return PeakBytes(width, BigEndian(encoded, kHeightAt), 0) + width * kRowBytesPerPixel + kFixed;
}

Result<DecodedImage> DecodePng(ByteView encoded, const DecodeLimits& limits) {
  LOTMARK_RETURN_IF_ERROR(CheckClaimedSize(encoded, limits));
  LOTMARK_RETURN_IF_ERROR(CheckWhole(encoded));
  LOTMARK_ASSIGN_OR_RETURN(const Context context, Open(encoded));
  LOTMARK_ASSIGN_OR_RETURN(const spng_ihdr header, ReadHeader(context.get()));
  LOTMARK_ASSIGN_OR_RETURN(RgbImage pixels,
                           RgbImage::Allocate(static_cast<int>(header.width), static_cast<int>(header.height)));
  LOTMARK_RETURN_IF_ERROR(
      Check(spng_decode_image(context.get(), pixels.rgb.data(), pixels.rgb.size(), SPNG_FMT_RGB8, 0)));
  // The chunks after the pixels too: a file cut there is a damaged file, and EXIF may lie there.
  LOTMARK_RETURN_IF_ERROR(Check(spng_decode_chunks(context.get())));
  std::optional<uint32_t> tag = ReadExif(context.get());
  if (!tag) tag = ReadXmp(context.get());
  return DecodedImage{std::move(pixels), Format::kPng, ToOrientation(tag)};
}

}  // namespace lotmark::image
