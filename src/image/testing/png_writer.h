// Writes PNGs that no encoder would, for tests: any chunk, with a right checksum.
#pragma once

#include <zlib.h>

#include <string_view>

#include "base/bytes.h"

namespace lotmark::image {

inline void AppendBigEndian(Bytes& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<uint8_t>(value >> shift));
}

inline void AppendChunk(Bytes& out, std::string_view type, ByteView data) {
  AppendBigEndian(out, static_cast<uint32_t>(data.size()));
  const size_t start = out.size();
  out.insert(out.end(), type.begin(), type.end());
  out.insert(out.end(), data.begin(), data.end());
  AppendBigEndian(out, static_cast<uint32_t>(crc32(0, out.data() + start, static_cast<uInt>(out.size() - start))));
}

inline Bytes PngStart(uint32_t width, uint32_t height, uint8_t depth, uint8_t color_type) {
  Bytes png{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  Bytes header;
  AppendBigEndian(header, width);
  AppendBigEndian(header, height);
  header.insert(header.end(), {depth, color_type, 0, 0, 0});
  AppendChunk(png, "IHDR", header);
  return png;
}

// `size` zero bytes in a zlib stream: about a thousandth of the size.
inline Bytes DeflatedZeros(size_t size) {
  const Bytes zeros(size);
  uLongf length = compressBound(static_cast<uLong>(size));
  Bytes deflated(length);
  if (compress2(deflated.data(), &length, zeros.data(), static_cast<uLong>(size), 6) != Z_OK) return {};
  deflated.resize(length);
  return deflated;
}

inline void FinishPng(Bytes& png, ByteView deflated_pixels) {
  AppendChunk(png, "IDAT", deflated_pixels);
  AppendChunk(png, "IEND", {});
}

}  // namespace lotmark::image
