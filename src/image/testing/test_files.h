// The encoded images and Pillow's digests in testdata/ (written by tools/image_vectors), for tests.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "base/bytes.h"
#include "base/json.h"

namespace lotmark::image {

inline Bytes ReadWholeFile(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot open " + path.string());
  return Bytes(std::istreambuf_iterator<char>(stream), {});
}

inline Bytes TestFile(const std::string& name) {
  return ReadWholeFile(std::filesystem::path(LOTMARK_SOURCE_DIR) / "src/image/testdata" / name);
}

inline Json TestVectors() {
  const Bytes text = TestFile("vectors.json");
  return ParseJson(AsText(text)).value();
}

}  // namespace lotmark::image
