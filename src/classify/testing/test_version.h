// A model version made up for a test: the fields of its manifest and the bytes of its files, to be bent and then
// written.
#pragma once

#include <array>
#include <map>
#include <string>

#include "base/bytes.h"
#include "base/json.h"
#include "fs/fs.h"
#include "manifest/manifest.h"

namespace lotmark::classify::testing {

using Rgb = std::array<uint8_t, 3>;

struct TestVersion {
  Json fields;  // of model-manifest.json
  std::map<std::string, Bytes> files;

  // States the true digest and size of the artifact, of its external data and of the golden images.
  void StateDigests();
  // One more golden case: a picture of one colour. `probabilities` may be empty: then they are what a model must give
  // whose logits are 8 x (red, green, blue) / 255, as colours.onnx does; so they prove labels and preprocessing.
  void AddGolden(const std::string& path, Rgb colour, std::vector<double> probabilities = {});
};

// Classes red, green, blue; one ONNX file `model.onnx` with these bytes; 4x4 NCHW input, pixels / 255.
TestVersion MakeVersion(Bytes model);

// A PNG file of one colour.
Bytes FlatPng(int width, int height, Rgb colour);

// Writes the files and nothing else into `folder`; the manifest is parsed, not written. The test fails if either fails.
manifest::Manifest WriteVersion(const TestVersion& version, fs::Dir& folder);

}  // namespace lotmark::classify::testing
