// The pieces of a classification as a program without Lotmark would write them: what the benchmarks compare with.
//
// Why here and not from src/: a baseline that shared the service's code for loading and running would hide its costs.
// Only decoding and resizing are the image room's own, because they must give the same pixels.
// Thread safety: Run may be called by several threads at once. Errors end the program: it is a measuring tool.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "manifest/manifest.h"

namespace lotmark::bench {

using SteadyClock = std::chrono::steady_clock;

inline double MillisecondsSince(SteadyClock::time_point begin) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count();
}

// The value, or the error's text on stderr and the end.
[[noreturn]] void Die(const std::string& why);
template <typename T>
T Need(Result<T> result) {
  if (!result) Die(result.error().text);
  return std::move(result).value();
}

std::string ReadText(const std::string& path);
Bytes ReadBytes(const std::string& path);
std::string Sha256Hex(ByteView bytes);  // OpenSSL's EVP, one call
int64_t PeakMemoryKib();                // VmHWM of this process

double Median(std::vector<double> values);
double Percentile(std::vector<double> values, double share);  // nearest rank

// Decode, crop, resize and normalise: no digest, no quality.
std::vector<float> MakeTensor(ByteView encoded, const manifest::Preprocessing& preprocessing);

// One ONNX Runtime session with the service's options and a number of threads inside one run.
class BareSession {
 public:
  BareSession(ByteView model, int threads);
  std::vector<float> Run(const std::vector<float>& tensor, const manifest::Preprocessing& preprocessing) const;

 private:
  mutable Ort::Session session_;  // its Run lacks the const
  std::string input_;
  std::vector<std::string> outputs_;
};

}  // namespace lotmark::bench
