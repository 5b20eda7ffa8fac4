// Whether a running service serves the wanted version: judged from its answers by pure functions, and asked again and
// again until a deadline.
//
// Thread safety: none.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/service.h"

namespace lotmark::cli {

struct Judgement {
  enum class Kind {
    kYes,
    kNotYet,  // may still come
    kNo,      // will not come by waiting
  };
  Kind kind = Kind::kNotYet;
  std::string text;  // for people: why, or what was seen
};

// From GET /health. kNo: the service has tried to load the version and refuses it. An answer that is none (no
// connection, draining, another program) is kNotYet: the service may be restarting.
Judgement JudgeHealth(const Result<client::Health>& health, const client::ServedVersion& wanted);

// What one image must give.
struct ExpectedReply {
  std::vector<std::string> labels;
  std::vector<double> probabilities;
  double tolerance = 0;
};
// From POST /classify. kNo: the wanted version answers otherwise, or the image is refused. A reply of another version
// is kNotYet: behind one address there may be several replicas.
Judgement JudgeReply(const Result<client::Classification>& reply, const client::ServedVersion& wanted,
                     const ExpectedReply& expected);

struct Patience {
  std::chrono::milliseconds deadline{120'000};
  std::chrono::milliseconds interval{200};
  // Replaced by tests.
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  std::function<void(std::chrono::milliseconds)> sleep = {};  // empty: of this thread
};

// Asks at least once. The text of the kYes; kRefused: kNo, or not within the deadline, with the last text.
Result<std::string> AskUntilYes(const std::function<Judgement()>& ask, const Patience& patience);

}  // namespace lotmark::cli
