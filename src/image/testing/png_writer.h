// Writes PNGs that no encoder would, for tests: any chunk, with a right checksum.
#pragma once

#include <zlib.h>

#include <algorithm>
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

// `size` zero bytes in a zlib stream, about a thousandth of the size; made in small pieces, so that a test which
// watches the memory of the process sees only what the decoder takes.
inline Bytes DeflatedZeros(size_t size) {
  const Bytes zeros(1 << 16);
  Bytes deflated(size / 200 + 1000);
  z_stream stream{};
  if (deflateInit(&stream, Z_BEST_SPEED) != Z_OK) return {};
  stream.next_out = deflated.data();
  stream.avail_out = static_cast<uInt>(deflated.size());
  int state = Z_OK;
  for (size_t done = 0; state == Z_OK; done += stream.total_in - done) {
    const size_t piece = std::min(zeros.size(), size - done);
    stream.next_in = const_cast<uint8_t*>(zeros.data());
    stream.avail_in = static_cast<uInt>(piece);
    state = deflate(&stream, done + piece == size ? Z_FINISH : Z_NO_FLUSH);
  }
  deflated.resize(stream.total_out);
  deflateEnd(&stream);
  return state == Z_STREAM_END ? deflated : Bytes{};
}

inline void FinishPng(Bytes& png, ByteView deflated_pixels) {
  AppendChunk(png, "IDAT", deflated_pixels);
  AppendChunk(png, "IEND", {});
}

}  // namespace lotmark::image
