// What is known about one classification once it is answered, for metrics and for the log: how it ended, which model it
// was, and where its time went. Never anything that came with the request.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "base/digest.h"
#include "base/ids.h"

namespace lotmark::serve {

// In the order of a request's life. Queue: until a worker took it. Decode: without the wait for memory. Commit: until
// its row was durable. Total: from Submit to the answer.
enum class Stage { kQueue, kDecode, kPreprocess, kInference, kCommit, kTotal };
inline constexpr size_t kStageCount = 6;
std::string_view StageName(Stage stage);

// Stages that a request never reached have no time.
class StageTimes {
 public:
  using Time = std::optional<std::chrono::microseconds>;
  Time& operator[](Stage stage) { return times_[static_cast<size_t>(stage)]; }
  const Time& operator[](Stage stage) const { return times_[static_cast<size_t>(stage)]; }

 private:
  std::array<Time, kStageCount> times_;
};

enum class ClassifyResult { kOk, kReplayed, kRefused, kConflict, kBusy, kWithdrawn, kFailed };
std::string_view ClassifyResultName(ClassifyResult result);

struct ClassifyFacts {
  ClassifyResult result = ClassifyResult::kFailed;
  // Of the model that the request was given; nothing when it was refused before one was chosen.
  std::optional<Version> version = {};
  std::optional<Digest> manifest_sha256 = {};
  StageTimes times = {};
};

}  // namespace lotmark::serve
