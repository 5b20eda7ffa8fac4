// Loads one model at a time on a thread of its own at low priority, so that answering requests goes first and the
// keeper can look at the pointer meanwhile.
//
// Why a thread for each load: only that thread may get the low priority. An unprivileged thread cannot raise its own
// again, and the keeper's must wake at once when the pointer moves.
// Thread safety: one thread calls these functions.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "base/result.h"
#include "serve/model_source.h"

namespace lotmark::serve {

class BackgroundLoad {
 public:
  using Model = Result<std::shared_ptr<const classify::LoadedModel>>;
  struct Finished {
    VersionIdentity identity;
    Model model;
    std::chrono::microseconds took;
  };

  // `source` must outlive this. `on_end` is called on the loading thread once the result can be taken.
  BackgroundLoad(ModelSource& source, std::function<void()> on_end);
  ~BackgroundLoad();  // waits for a load in progress
  BackgroundLoad(const BackgroundLoad&) = delete;
  BackgroundLoad& operator=(const BackgroundLoad&) = delete;

  // REQUIRES: !busy().
  void Begin(const VersionIdentity& identity);
  // From Begin until its result was taken.
  bool busy() const { return running_ != nullptr; }
  // The result, once, when the load has ended.
  std::optional<Finished> Take();

 private:
  struct Running;

  ModelSource& source_;
  const std::function<void()> on_end_;
  std::unique_ptr<Running> running_;
};

}  // namespace lotmark::serve
