// Images: header, decoding within limits, orientation, and the tensor made of whatever was decoded.
//
// Every chunk of a PNG has a checksum, and one that is wrong is refused: after each mutation the checksums are put
// right, so that what lies behind them is reached. libjpeg and libspng themselves are Debian's and not instrumented:
// their faults are seen where they crash, their branches do not guide the fuzzer.
#include <zlib.h>

#include <algorithm>

#include "fuzz.h"
#include "image/decode.h"
#include "image/preprocess.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace lotmark::fuzz {
namespace {

constexpr image::DecodeLimits kLimits{.max_bytes = 1 << 16, .max_pixels = 1 << 14, .max_side = 4096};
constexpr size_t kSignature = 8;
constexpr size_t kFrame = 12;  // length, type, checksum

uint32_t BigEndian(const uint8_t* at) {
  return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | uint32_t{at[3]};
}

void PutChecksumsRight(uint8_t* data, size_t size) {
  if (size < kSignature || !std::equal(data, data + 4, "\x89PNG")) return;
  size_t at = kSignature;
  while (size - at >= kFrame && BigEndian(data + at) <= size - at - kFrame) {
    const size_t length = BigEndian(data + at);
    const auto sum = static_cast<uint32_t>(crc32(0, data + at + 4, static_cast<uInt>(length + 4)));
    for (size_t i = 0; i < 4; ++i) data[at + 8 + length + i] = static_cast<uint8_t>(sum >> (24 - 8 * i));
    at += kFrame + length;
  }
}

void Check(ByteView bytes) {
  const auto decoded = image::DecodeImage(bytes, kLimits);
  if (!decoded) return Require(!decoded.error().text.empty(), "a refusal says why");
  const auto& pixels = decoded->pixels;
  const int64_t count = int64_t{pixels.width} * pixels.height;
  Require(bytes.size() <= kLimits.max_bytes && count <= kLimits.max_pixels, "the limits hold");
  Require(static_cast<int64_t>(pixels.rgb.size()) == count * image::kChannels, "every pixel is there");

  manifest::Preprocessing preprocessing;
  preprocessing.crop = bytes.size() % 2 == 0 ? manifest::Crop::kCenterSquare : manifest::Crop::kNone;
  preprocessing.width = 9;
  preprocessing.height = 7;
  const auto tensor = image::Preprocess(bytes, preprocessing, kLimits);
  Require(tensor.has_value(), "what can be decoded can be given to a model");
  Require(tensor->tensor.size() == size_t{3} * 9 * 7, "the tensor has the model's size");
}

}  // namespace
}  // namespace lotmark::fuzz

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  const size_t mutated = LLVMFuzzerMutate(data, size, max_size);
  if (seed % 16 != 0) lotmark::fuzz::PutChecksumsRight(data, mutated);
  return mutated;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lotmark::fuzz::Check({data, size});
  return 0;
}
