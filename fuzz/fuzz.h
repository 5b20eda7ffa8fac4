// What all fuzzers share: a promise that was broken is a crash, so that libFuzzer keeps the input that broke it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/bytes.h"

namespace lotmark::fuzz {

inline void Require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

// The first byte of an input is a choice of the fuzzer's, the rest is the text under test.
struct Input {
  uint8_t choice = 0;
  std::string_view text;
};

inline Input Split(const uint8_t* data, size_t size) {
  if (size == 0) return {};
  return {data[0], AsText({data + 1, size - 1})};
}

}  // namespace lotmark::fuzz
