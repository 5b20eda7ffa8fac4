// JPEG by libjpeg-turbo's libjpeg interface, which (unlike its TurboJPEG interface) tells warnings apart and reads
// CMYK. The only file that includes it.
//
// libjpeg reports errors by calling a function that must not return. Guarded() jumps back out of it; every frame that
// is jumped over holds nothing with a destructor.
#include <csetjmp>
#include <cstddef>
#include <cstdio>
// libjpeg's header needs the two above first.
#include <fmt/format.h>
#include <jerror.h>
#include <jpeglib.h>

#include <string>
#include <string_view>
#include <vector>

#include "image/codecs.h"

namespace lotmark::image {
namespace {

using namespace std::string_view_literals;

constexpr int kExifMarker = JPEG_APP0 + 1;
constexpr auto kExifPrefix = "Exif\0\0"sv;
constexpr auto kXmpPrefix = "http://ns.adobe.com/xap/1.0/\0"sv;
constexpr int kMaxScans = 64;

struct Failure {
  jpeg_error_mgr manager;  // first, so that libjpeg's pointer to it is a pointer to this
  std::jmp_buf back;
  char text[JMSG_LENGTH_MAX];
  bool no_memory;
};

[[noreturn]] void Fail(j_common_ptr info) {
  auto* failure = reinterpret_cast<Failure*>(info->err);
  info->err->format_message(info, failure->text);
  failure->no_memory = info->err->msg_code == JERR_OUT_OF_MEMORY;
  std::longjmp(failure->back, 1);
}

void OnMessage(j_common_ptr info, int level) {
  const bool warning = level < 0;
  if (warning && info->err->msg_code != JWRN_JFIF_MAJOR) Fail(info);
}

void OnProgress(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaxScans) return;
  auto* failure = reinterpret_cast<Failure*>(info->err);
  std::snprintf(failure->text, sizeof failure->text, "more than %d scans", kMaxScans);
  std::longjmp(failure->back, 1);
}

// Owns one libjpeg decompressor. Not movable: libjpeg keeps pointers into it.
class Decompressor {
 public:
  Decompressor() {
    info_.err = jpeg_std_error(&failure_.manager);
    failure_.manager.error_exit = Fail;
    failure_.manager.emit_message = OnMessage;
    progress_.progress_monitor = OnProgress;
  }
  ~Decompressor() { jpeg_destroy_decompress(&info_); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  // The stages, in this order. After an error only the destructor may be called.
  Status ReadHeader(ByteView encoded);
  Status Start();
  Status ReadRows(RgbImage& image);

  const jpeg_decompress_struct& info() const { return info_; }
  // An upper bound of what Start and ReadRows allocate beside the image: coefficients wait for all scans when there is
  // more than one, a single scan goes through row buffers. REQUIRES: the header was read.
  uint64_t WorkBytes();

 private:
  // Runs `step`, which calls libjpeg. REQUIRES: no object with a destructor lives inside `step`.
  template <typename Step>
  Status Guarded(Step step) {
    if (setjmp(failure_.back) != 0) {
      if (failure_.no_memory) return MachineFailed(fmt::format("image: JPEG: {}", failure_.text));
      return Refused(fmt::format("image: JPEG: cannot be decoded: {}", failure_.text));
    }
    step();
    return Ok();
  }

  jpeg_decompress_struct info_{};
  jpeg_progress_mgr progress_{};
  Failure failure_{};
};

Status Decompressor::ReadHeader(ByteView encoded) {
  return Guarded([&] {
    jpeg_create_decompress(&info_);
    info_.progress = &progress_;
    jpeg_save_markers(&info_, kExifMarker, 0xFFFF);
    jpeg_mem_src(&info_, encoded.data(), encoded.size());
    jpeg_read_header(&info_, TRUE);
  });
}

Status Decompressor::Start() {
  return Guarded([&] {
    info_.out_color_space = info_.num_components == 4 ? JCS_CMYK : JCS_RGB;
    info_.dct_method = JDCT_ISLOW;
    info_.do_fancy_upsampling = TRUE;
    jpeg_start_decompress(&info_);
  });
}

uint64_t Decompressor::WorkBytes() {
  constexpr uint64_t kFixed = uint64_t{1} << 20;
  constexpr uint64_t kRowBytesPerPixel = 128;  // of all components, context rows and upsampling included
  constexpr uint64_t kBlockBytes = DCTSIZE2 * sizeof(JCOEF);
  uint64_t bytes = kFixed + info_.image_width * kRowBytesPerPixel;
  if (!jpeg_has_multiple_scans(&info_)) return bytes;
  for (int i = 0; i < info_.num_components; ++i) {
    const jpeg_component_info& component = info_.comp_info[i];
    const auto padded = [](JDIMENSION blocks, int factor) { return uint64_t{blocks} + static_cast<unsigned>(factor); };
    bytes += padded(component.width_in_blocks, component.h_samp_factor) *
             padded(component.height_in_blocks, component.v_samp_factor) * kBlockBytes;
  }
  return bytes;
}

// a * b / 255, rounded: exact for bytes.
uint8_t MultiplyBytes(unsigned a, unsigned b) {
  const unsigned product = a * b + 128;
  return static_cast<uint8_t>(((product >> 8) + product) >> 8);
}

// Pillow's formula, rounding included: what is left of white after black ink, less the share that the coloured ink
// takes. Adobe stores inks inverted (255 = no ink), and Pillow takes every CMYK JPEG so.
void CmykToRgb(const uint8_t* inverted, int pixels, uint8_t* rgb) {
  for (int i = 0; i < pixels; ++i, inverted += 4, rgb += kChannels) {
    const unsigned white = inverted[3];
    for (int c = 0; c < kChannels; ++c) {
      const unsigned ink = 255u - inverted[c];
      rgb[c] = static_cast<uint8_t>(white - MultiplyBytes(ink, white));
    }
  }
}

Status Decompressor::ReadRows(RgbImage& image) {
  const bool cmyk = info_.out_color_space == JCS_CMYK;
  std::vector<uint8_t> inks(cmyk ? static_cast<size_t>(image.width) * 4 : 0);
  return Guarded([&] {
    while (info_.output_scanline < info_.output_height) {
      uint8_t* target = image.Row(static_cast<int>(info_.output_scanline));
      JSAMPROW row = cmyk ? inks.data() : target;
      jpeg_read_scanlines(&info_, &row, 1);
      if (cmyk) CmykToRgb(row, image.width, target);
    }
    jpeg_finish_decompress(&info_);  // reads on to the end marker: a file cut before it is damaged
  });
}

Status CheckHeader(const jpeg_decompress_struct& info, const DecodeLimits& limits) {
  LOTMARK_RETURN_IF_ERROR(CheckSize(info.image_width, info.image_height, limits));
  const int channels = info.num_components;
  if (channels == 1 || channels == 3 || channels == 4) return Ok();
  return Refused(fmt::format("image: JPEG: {} channels: only grey, colour and CMYK are defined", channels));
}

// EXIF cut over several markers is put together again; the last XMP packet counts. Both as Pillow does.
Orientation OrientationOf(const jpeg_decompress_struct& info) {
  std::string exif, xmp;
  for (const jpeg_marker_struct* marker = info.marker_list; marker != nullptr; marker = marker->next) {
    const std::string_view data = AsText(ByteView(marker->data, marker->data_length));
    if (data.starts_with(kExifPrefix)) exif += exif.empty() ? data : data.substr(kExifPrefix.size());
    if (data.starts_with(kXmpPrefix)) xmp = data.substr(kXmpPrefix.size());
  }
  std::optional<uint32_t> tag = ExifOrientationTag(AsBytes(exif));
  if (!tag) tag = XmpOrientationTag(AsBytes(xmp));
  return ToOrientation(tag);
}

}  // namespace

Result<uint64_t> JpegMemoryNeed(ByteView encoded, const DecodeLimits& limits) {
  Decompressor decompressor;
  LOTMARK_RETURN_IF_ERROR(decompressor.ReadHeader(encoded));
  LOTMARK_RETURN_IF_ERROR(CheckHeader(decompressor.info(), limits));
  return PeakBytes(decompressor.info().image_width, decompressor.info().image_height, decompressor.WorkBytes());
}

Result<DecodedImage> DecodeJpeg(ByteView encoded, const DecodeLimits& limits) {
  Decompressor decompressor;
  LOTMARK_RETURN_IF_ERROR(decompressor.ReadHeader(encoded));
  LOTMARK_RETURN_IF_ERROR(CheckHeader(decompressor.info(), limits));
  const Orientation orientation = OrientationOf(decompressor.info());
  LOTMARK_ASSIGN_OR_RETURN(RgbImage pixels, RgbImage::Allocate(static_cast<int>(decompressor.info().image_width),
                                                               static_cast<int>(decompressor.info().image_height)));
  LOTMARK_RETURN_IF_ERROR(decompressor.Start());
  LOTMARK_RETURN_IF_ERROR(decompressor.ReadRows(pixels));
  return DecodedImage{std::move(pixels), Format::kJpeg, orientation};
}

}  // namespace lotmark::image
