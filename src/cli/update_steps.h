// `lotmark update` as a machine of steps: what comes after what, and what follows from a failure. What the steps do to
// the world is behind UpdateEffects.
//
//   check -> add -> golden -> approvals -> activate -> service -> done
//                                                         | fails
//                                                         v
//                                                     roll back
//
// Each step finds out for itself what is done already, so an update that was interrupted anywhere is run again from the
// beginning. Before `activate` a failure has changed nothing that serves; after it, the version before is made active
// again.
//
// Thread safety: none.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace lotmark::cli {

enum class UpdateStep { kCheck, kAdd, kGolden, kApprovals, kActivate, kService };
inline constexpr std::array kUpdateSteps{UpdateStep::kCheck,     UpdateStep::kAdd,      UpdateStep::kGolden,
                                         UpdateStep::kApprovals, UpdateStep::kActivate, UpdateStep::kService};
std::string_view UpdateStepName(UpdateStep step);

struct StepDone {
  enum class How { kDone, kSkipped, kWould };  // kWould: of a dry run
  How how = How::kDone;
  std::string text;  // one line for people
};

struct RolledBack {
  Version to;
  std::string text;  // one line for people: what the services say now
};

class UpdateEffects {
 public:
  virtual ~UpdateEffects() = default;
  // Does the step, or finds it done. REQUIRES: those before it were performed.
  virtual Result<StepDone> Perform(UpdateStep step) = 0;
  // Makes the version active again that was before; nothing: none was. REQUIRES: kActivate was performed.
  virtual Result<std::optional<RolledBack>> RollBack(const std::string& reason) = 0;
};

// Told of everything as it happens.
class UpdateObserver {
 public:
  virtual ~UpdateObserver() = default;
  virtual void Begins(UpdateStep step) = 0;
  virtual void Ended(UpdateStep step, const StepDone& done) = 0;
  virtual void Failed(UpdateStep step, const Error& error) = 0;
  virtual void RollsBack() = 0;
};

struct UpdateOutcome {
  struct Failure {
    UpdateStep step;
    Error error;
  };
  enum class Back {
    kNotNeeded,     // nothing that serves was changed
    kDone,          // `back_to` is active
    kNothingThere,  // no version was active before: the new one stays
    kFailed,        // the new one stays, see `back_error`
  };
  std::optional<Failure> failure = {};
  Back back = Back::kNotNeeded;
  std::optional<RolledBack> back_to = {};
  std::optional<Error> back_error = {};

  // kRefused when the service step failed; else the failed step's code. The text names the step and says how things
  // stand now.
  Status Verdict() const;
};

UpdateOutcome RunUpdate(UpdateEffects& effects, UpdateObserver& observer);

}  // namespace lotmark::cli
