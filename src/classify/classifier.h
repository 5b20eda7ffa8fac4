// One image through one loaded model: from the bytes as received to probabilities, with everything that a row needs to
// prove which bytes they came from.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "classify/decode_memory.h"
#include "classify/loaded_model.h"
#include "image/preprocess.h"

namespace lotmark::classify {

struct RankedClass {
  size_t index = 0;  // into the manifest's classes
  float probability = 0;
};

struct Prediction {
  Digest image_sha256;   // of the bytes as received
  Digest pixels_sha256;  // of the uint8 pixels after crop and resize
  Digest tensor_sha256;  // of the float32 tensor, little-endian
  Digest output_sha256;  // of the float32 probabilities, little-endian

  std::vector<float> probabilities;  // in the order of the manifest's classes
  std::vector<float> embedding;      // empty when the model has none
  std::vector<RankedClass> top;      // the first three, most probable first; equal ones in the manifest's order

  image::Quality quality;
  std::vector<std::string> warnings;  // quality thresholds missed

  std::chrono::microseconds decode_time{0};
  std::chrono::microseconds preprocess_time{0};
  std::chrono::microseconds inference_time{0};
};

// What classifications at a time share. The defaults set no limit: for a program that classifies one image after
// another.
struct ClassifyLimits {
  DecodeMemory* memory = nullptr;  // must outlive the call
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();  // of waiting for it
};

// kRefused: not a usable image. kModelFault: the model's output is no set of probabilities (not a number, below 0,
// above 1).
// kTooLarge: an image over the decode limits or over all of `limits.memory`. kBusy: no memory by the deadline.
// kMachine: the library or the memory failed.
// Thread safety: may be called by several threads on one model.
Result<Prediction> Classify(const LoadedModel& model, ByteView image, const ClassifyLimits& limits = {});

// The part of Classify before the model: from the image's bytes to its pixels and the tensor. Errors as Classify.
Result<image::Preprocessed> Preprocess(const LoadedModel& model, ByteView image, const ClassifyLimits& limits = {});

// The bytes of the values as little-endian IEEE float32: what the digests of tensors and outputs are taken of.
ByteView FloatBytes(std::span<const float> values);

}  // namespace lotmark::classify
