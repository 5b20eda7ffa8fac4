// Writes the JPEGs that Pillow cannot write into the current folder: rare chroma sampling, arithmetic coding, YCCK.
// make_vectors.py keeps them and adds Pillow's digests. Built by hand, with libjpeg-turbo 2.1.5:
//   c++ -std=c++20 tools/image_vectors/odd_jpegs.cc -ljpeg -o /tmp/odd_jpegs && cd src/image/testdata && /tmp/odd_jpegs
#include <algorithm>
#include <cstdint>
#include <cstdio>
// libjpeg's header needs <cstdio> first.
#include <jpeglib.h>

#include <vector>

namespace {

struct Kind {
  const char* file;
  int width, height, channels;
  J_COLOR_SPACE pixels, stored;
  int luma_across, luma_down, chroma_across;  // sampling factors
  bool arithmetic, progressive;
};

// Two scans that give all bits at once may legally be repeated: tests make a file of many scans from it.
constexpr Kind kWholeScans = {
    "jpeg_grey_whole_scans.jpg", 45, 39, 1, JCS_GRAYSCALE, JCS_GRAYSCALE, 1, 1, 1, false, true};
constexpr jpeg_scan_info kWholeScanScript[] = {{1, {0}, 0, 0, 0, 0}, {1, {0}, 1, 63, 0, 0}};

constexpr Kind kKinds[] = {
    {"jpeg_440.jpg", 61, 47, 3, JCS_RGB, JCS_YCbCr, 1, 2, 1, false, false},
    {"jpeg_440_progressive.jpg", 60, 50, 3, JCS_RGB, JCS_YCbCr, 1, 2, 1, false, true},
    {"jpeg_411.jpg", 61, 47, 3, JCS_RGB, JCS_YCbCr, 4, 1, 1, false, false},
    {"jpeg_410.jpg", 61, 47, 3, JCS_RGB, JCS_YCbCr, 4, 2, 1, false, false},
    {"jpeg_h2v1_of_h4.jpg", 61, 47, 3, JCS_RGB, JCS_YCbCr, 4, 1, 2, false, false},
    {"jpeg_arithmetic.jpg", 61, 47, 3, JCS_RGB, JCS_YCbCr, 2, 2, 1, true, false},
    {"jpeg_arithmetic_progressive.jpg", 61, 47, 3, JCS_RGB, JCS_YCbCr, 2, 2, 1, true, true},
    {"jpeg_ycck.jpg", 45, 39, 4, JCS_CMYK, JCS_YCCK, 2, 2, 1, false, false},
    {"jpeg_ycck_progressive.jpg", 45, 39, 4, JCS_CMYK, JCS_YCCK, 1, 1, 1, false, true},
    {"jpeg_grey_h2v2.jpg", 45, 39, 1, JCS_GRAYSCALE, JCS_GRAYSCALE, 2, 2, 1, false, false},
};

// A slope, a disc and noise from a seeded generator.
std::vector<JSAMPLE> Drawing(const Kind& kind) {
  std::vector<JSAMPLE> samples;
  uint32_t noise = static_cast<uint32_t>(kind.width * kind.height);
  for (int y = 0; y < kind.height; ++y) {
    for (int x = 0; x < kind.width; ++x) {
      const int dx = x - kind.width / 2, dy = y - kind.height / 2;
      const bool disc = dx * dx + dy * dy < kind.width * kind.height / 16;
      for (int c = 0; c < kind.channels; ++c) {
        noise = noise * 1664525 + 1013904223;
        const int value = disc ? 220 - 50 * c : (x * (3 + c) + y * (5 - c)) % 300;
        samples.push_back(static_cast<JSAMPLE>(std::clamp(value + static_cast<int>(noise >> 28) - 8, 0, 255)));
      }
    }
  }
  return samples;
}

void Write(const Kind& kind, std::FILE* file) {
  jpeg_error_mgr errors;
  jpeg_compress_struct info{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  jpeg_stdio_dest(&info, file);
  info.image_width = static_cast<JDIMENSION>(kind.width);
  info.image_height = static_cast<JDIMENSION>(kind.height);
  info.input_components = kind.channels;
  info.in_color_space = kind.pixels;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, kind.stored);
  jpeg_set_quality(&info, 82, TRUE);
  for (int c = 0; c < info.num_components; ++c) {
    const bool full = c == 0 || c == 3;
    info.comp_info[c].h_samp_factor = full ? kind.luma_across : kind.chroma_across;
    info.comp_info[c].v_samp_factor = full ? kind.luma_down : 1;
  }
  info.arith_code = kind.arithmetic ? TRUE : FALSE;
  if (kind.progressive) jpeg_simple_progression(&info);
  if (kind.file == kWholeScans.file) {
    info.scan_info = kWholeScanScript;
    info.num_scans = 2;
  }
  jpeg_start_compress(&info, TRUE);
  std::vector<JSAMPLE> samples = Drawing(kind);
  for (int y = 0; y < kind.height; ++y) {
    JSAMPROW row = samples.data() + y * kind.width * kind.channels;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
}

}  // namespace

int main() {
  std::vector<Kind> kinds(std::begin(kKinds), std::end(kKinds));
  kinds.push_back(kWholeScans);
  for (const Kind& kind : kinds) {
    std::FILE* file = std::fopen(kind.file, "wb");
    if (file == nullptr) return 1;
    Write(kind, file);
    if (std::fclose(file) != 0) return 1;
  }
  return 0;
}
