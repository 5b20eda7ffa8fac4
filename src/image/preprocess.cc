#include "image/preprocess.h"

#include "image/crop.h"
#include "image/normalise.h"
#include "image/resize.h"

namespace lotmark::image {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::chrono::microseconds Since(SteadyClock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - start);
}

Result<RgbImage> Turned(DecodedImage image, manifest::ExifOrientation policy) {
  if (policy == manifest::ExifOrientation::kIgnore) return std::move(image.pixels);
  return Upright(std::move(image.pixels), image.orientation);
}

}  // namespace

Result<Preprocessed> Preprocess(ByteView encoded, const manifest::Preprocessing& preprocessing,
                                const DecodeLimits& limits) {
  Preprocessed done;
  const auto start = SteadyClock::now();
  LOTMARK_ASSIGN_OR_RETURN(DecodedImage decoded, DecodeImage(encoded, limits));
  done.decode_time = Since(start);
  done.format = decoded.format;

  const auto decoded_at = SteadyClock::now();
  LOTMARK_ASSIGN_OR_RETURN(const RgbImage original, Turned(std::move(decoded), preprocessing.exif_orientation));
  LOTMARK_ASSIGN_OR_RETURN(RgbImage input, Resize(Cropped(original, preprocessing.crop), preprocessing.width,
                                                  preprocessing.height, preprocessing.filter));
  done.pixels_sha256 = Sha256Of(input.rgb);
  done.quality = MeasureQuality(input, original.width, original.height);
  done.tensor = Normalise(input, MakeNormaliseTable(preprocessing), preprocessing.layout);
  done.pixels = std::move(input);
  done.preprocess_time = Since(decoded_at);
  return done;
}

}  // namespace lotmark::image
