#include <fmt/format.h>

#include <cfloat>
#include <cmath>

#include "manifest/field.h"
#include "manifest/parse.h"

namespace lotmark::manifest {
namespace {

// The tensor is float32, so its constants are too: a double that float32 cannot hold is refused.
Result<float> ToFloat(double value, const std::string& path) {
  if (std::abs(value) > FLT_MAX) return Refused(fmt::format("{}: {} is too large for a float32", path, value));
  return static_cast<float>(value) + 0.0f;  // + 0 turns -0 into 0: one spelling for one meaning
}

Status CheckPositive(float value, const std::string& path) {
  if (!(value > 0)) return Refused(fmt::format("{}: {} must be greater than 0 as a float32", path, value));
  return Ok();
}

Result<std::array<float, 3>> ParseTriple(const JsonObject& object, std::string_view key) {
  LOTMARK_ASSIGN_OR_RETURN(const Json* array, object.RequiredArray(key));
  const std::string path = object.PathOf(key);
  LOTMARK_ASSIGN_OR_RETURN(const auto numbers, Numbers(*array, path));
  if (numbers.size() != 3) {
    return Refused(fmt::format("{}: {} numbers: there must be 3, for red, green and blue", path, numbers.size()));
  }
  std::array<float, 3> triple;
  for (size_t i = 0; i < 3; ++i) {
    LOTMARK_ASSIGN_OR_RETURN(triple[i], ToFloat(numbers[i], ElementPath(path, i)));
  }
  return triple;
}

Status ParseResize(const JsonObject& object, Preprocessing& out) {
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject resize, object.RequiredObject("resize"));
  LOTMARK_RETURN_IF_ERROR(RefuseUnknownKeys(resize, {"width", "height", "filter"}));
  LOTMARK_ASSIGN_OR_RETURN(const int64_t width, IntegerBetween(resize, "width", 1, 4096));
  LOTMARK_ASSIGN_OR_RETURN(const int64_t height, IntegerBetween(resize, "height", 1, 4096));
  LOTMARK_ASSIGN_OR_RETURN(const std::string filter, resize.RequiredString("filter"));
  LOTMARK_ASSIGN_OR_RETURN(
      out.filter, Choose<ResizeFilter>(filter, resize.PathOf("filter"), {{"bilinear", ResizeFilter::kBilinear}}));
  out.width = static_cast<int>(width);
  out.height = static_cast<int>(height);
  return Ok();
}

Status ParseNormalisation(const JsonObject& object, Preprocessing& out) {
  LOTMARK_ASSIGN_OR_RETURN(const auto divisor, object.OptionalNumber("divisor"));
  if (divisor) {
    LOTMARK_ASSIGN_OR_RETURN(out.divisor, ToFloat(*divisor, object.PathOf("divisor")));
  }
  LOTMARK_RETURN_IF_ERROR(CheckPositive(out.divisor, object.PathOf("divisor")));
  LOTMARK_ASSIGN_OR_RETURN(out.mean, ParseTriple(object, "mean"));
  LOTMARK_ASSIGN_OR_RETURN(out.std, ParseTriple(object, "std"));
  for (size_t i = 0; i < 3; ++i) {
    const std::string path = ElementPath(object.PathOf("std"), i);
    LOTMARK_RETURN_IF_ERROR(CheckPositive(out.std[i], path));
    // The normalised value is monotonic in x, so the ends speak for all 256.
    for (const float x : {0.0f, 255.0f}) {
      if (!std::isfinite((x / out.divisor - out.mean[i]) / out.std[i])) {
        return Refused(fmt::format("{}: the pixel value {} would become infinite", path, x));
      }
    }
  }
  return Ok();
}

Result<QualityThresholds> ParseQuality(const JsonObject& object) {
  LOTMARK_RETURN_IF_ERROR(RefuseUnknownKeys(object, {"min_sharpness", "min_brightness", "max_brightness", "min_side"}));
  QualityThresholds quality;
  // 4 * 255 squared bounds the variance of the Laplacian of 8-bit luma.
  LOTMARK_ASSIGN_OR_RETURN(quality.min_sharpness, OptionalNumberBetween(object, "min_sharpness", 0, 1020.0 * 1020.0));
  LOTMARK_ASSIGN_OR_RETURN(quality.min_brightness, OptionalNumberBetween(object, "min_brightness", 0, 255));
  LOTMARK_ASSIGN_OR_RETURN(quality.max_brightness, OptionalNumberBetween(object, "max_brightness", 0, 255));
  if (object.Has("min_side")) {
    LOTMARK_ASSIGN_OR_RETURN(const int64_t side, IntegerBetween(object, "min_side", 1, 100000));
    quality.min_side = static_cast<int>(side);
  }
  if (quality.min_brightness && quality.max_brightness && *quality.min_brightness >= *quality.max_brightness) {
    return Refused(object.path() + ": min_brightness must be less than max_brightness");
  }
  return quality;
}

Status ParseWords(const JsonObject& object, Preprocessing& out) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string decode, object.RequiredString("decode"));
  if (decode != "rgb8") {
    return Refused(object.PathOf("decode") + ": '" + Printable(decode, 80) + "' is not known: it must be 'rgb8'");
  }
  LOTMARK_ASSIGN_OR_RETURN(const auto exif, object.OptionalString("exif_orientation"));
  LOTMARK_ASSIGN_OR_RETURN(
      out.exif_orientation,
      Choose<ExifOrientation>(exif.value_or("apply"), object.PathOf("exif_orientation"),
                              {{"apply", ExifOrientation::kApply}, {"ignore", ExifOrientation::kIgnore}}));
  LOTMARK_ASSIGN_OR_RETURN(const std::string crop, object.RequiredString("crop"));
  LOTMARK_ASSIGN_OR_RETURN(out.crop, Choose<Crop>(crop, object.PathOf("crop"),
                                                  {{"center_square", Crop::kCenterSquare}, {"none", Crop::kNone}}));
  LOTMARK_ASSIGN_OR_RETURN(const std::string layout, object.RequiredString("layout"));
  LOTMARK_ASSIGN_OR_RETURN(
      out.layout, Choose<Layout>(layout, object.PathOf("layout"), {{"NCHW", Layout::kNchw}, {"NHWC", Layout::kNhwc}}));
  return Ok();
}

}  // namespace

Result<Preprocessing> ParsePreprocessing(const JsonObject& object) {
  LOTMARK_RETURN_IF_ERROR(RefuseUnknownKeys(
      object, {"decode", "exif_orientation", "crop", "resize", "divisor", "mean", "std", "layout", "quality"}));
  Preprocessing out;
  LOTMARK_RETURN_IF_ERROR(ParseWords(object, out));
  LOTMARK_RETURN_IF_ERROR(ParseResize(object, out));
  LOTMARK_RETURN_IF_ERROR(ParseNormalisation(object, out));
  LOTMARK_ASSIGN_OR_RETURN(const auto quality, object.OptionalObject("quality"));
  if (quality) {
    LOTMARK_ASSIGN_OR_RETURN(out.quality, ParseQuality(*quality));
  }
  return out;
}

}  // namespace lotmark::manifest
