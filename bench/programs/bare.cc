#include "bare.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "base/encoding.h"
#include "image/crop.h"
#include "image/decode.h"
#include "image/normalise.h"
#include "image/resize.h"

namespace lotmark::bench {
namespace {

Ort::Env& Environment() {
  // Before the library starts: a benchmark must not report home either.
  static const int quiet = setenv("ORT_DISABLE_TELEMETRY", "1", 1);
  (void)quiet;
  static Ort::Env env(ORT_LOGGING_LEVEL_ERROR, "bench");
  return env;
}

Ort::SessionOptions Options(int threads) {
  Ort::SessionOptions options;
  options.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  options.SetIntraOpNumThreads(threads);
  options.SetInterOpNumThreads(1);
  return options;
}

}  // namespace

void Die(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) Die("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

Bytes ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) Die("cannot read " + path);
  Bytes bytes(static_cast<size_t>(file.tellg()));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file) Die("cannot read all of " + path);
  return bytes;
}

std::string Sha256Hex(ByteView bytes) {
  std::array<uint8_t, 32> digest;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) Die("SHA-256 failed");
  return ToHex(digest);
}

int64_t PeakMemoryKib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6));
  }
  Die("/proc/self/status names no VmHWM");
}

double Median(std::vector<double> values) { return Percentile(std::move(values), 0.5); }

double Percentile(std::vector<double> values, double share) {
  if (values.empty()) Die("no values");
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::clamp<size_t>(rank, 1, values.size()) - 1];
}

std::vector<float> MakeTensor(ByteView encoded, const manifest::Preprocessing& preprocessing) {
  const image::DecodedImage decoded = Need(image::DecodeImage(encoded));
  const image::RgbImage resized = Need(image::Resize(image::Cropped(decoded.pixels, preprocessing.crop),
                                                     preprocessing.width, preprocessing.height, preprocessing.filter));
  return image::Normalise(resized, image::MakeNormaliseTable(preprocessing), preprocessing.layout);
}

BareSession::BareSession(ByteView model, int threads)
    : session_(Environment(), model.data(), model.size(), Options(threads)) {
  Ort::AllocatorWithDefaultOptions allocator;
  input_ = session_.GetInputNameAllocated(0, allocator).get();
  for (size_t i = 0; i < session_.GetOutputCount(); ++i) {
    outputs_.emplace_back(session_.GetOutputNameAllocated(i, allocator).get());
  }
}

std::vector<float> BareSession::Run(const std::vector<float>& tensor,
                                    const manifest::Preprocessing& preprocessing) const {
  const std::array<int64_t, 4> shape = {1, 3, preprocessing.height, preprocessing.width};
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  const auto input = Ort::Value::CreateTensor<float>(memory, const_cast<float*>(tensor.data()), tensor.size(),
                                                     shape.data(), shape.size());
  const char* input_name = input_.c_str();
  std::vector<const char*> output_names;
  for (const std::string& name : outputs_) output_names.push_back(name.c_str());
  const auto values =
      session_.Run(Ort::RunOptions{nullptr}, &input_name, &input, 1, output_names.data(), output_names.size());
  const float* data = values[0].GetTensorData<float>();
  return {data, data + values[0].GetTensorTypeAndShapeInfo().GetElementCount()};
}

}  // namespace lotmark::bench
