#include "cli/update_steps.h"

#include <fmt/core.h>

#include "base/encoding.h"

namespace lotmark::cli {
namespace {

// A reason in the history holds 2,000 bytes.
constexpr size_t kMaxWhyBytes = 1500;

std::string FailureText(const UpdateOutcome::Failure& failure) {
  return fmt::format("update failed at step {}: {}", UpdateStepName(failure.step), failure.error.text);
}

void RollBack(UpdateEffects& effects, UpdateObserver& observer, UpdateOutcome& outcome) {
  observer.RollsBack();
  auto back = effects.RollBack(Printable(FailureText(*outcome.failure), kMaxWhyBytes));
  if (!back) {
    outcome.back = UpdateOutcome::Back::kFailed;
    outcome.back_error = std::move(back).error();
    return;
  }
  outcome.back = *back ? UpdateOutcome::Back::kDone : UpdateOutcome::Back::kNothingThere;
  outcome.back_to = std::move(*back);
}

}  // namespace

std::string_view UpdateStepName(UpdateStep step) {
  switch (step) {
    case UpdateStep::kCheck:
      return "check";
    case UpdateStep::kAdd:
      return "add";
    case UpdateStep::kGolden:
      return "golden";
    case UpdateStep::kApprovals:
      return "approvals";
    case UpdateStep::kActivate:
      return "activate";
    case UpdateStep::kService:
      return "service";
  }
  return "unknown";
}

UpdateOutcome RunUpdate(UpdateEffects& effects, UpdateObserver& observer) {
  UpdateOutcome outcome;
  for (const UpdateStep step : kUpdateSteps) {
    observer.Begins(step);
    auto done = effects.Perform(step);
    if (!done) {
      observer.Failed(step, done.error());
      outcome.failure = {step, std::move(done).error()};
      if (step == UpdateStep::kService) RollBack(effects, observer, outcome);
      return outcome;
    }
    observer.Ended(step, *done);
  }
  return outcome;
}

Status UpdateOutcome::Verdict() const {
  if (!failure) return Ok();
  const std::string text = FailureText(*failure);
  switch (back) {
    case Back::kNotNeeded:
      return Error{failure->error.code, text, failure->error.hint};
    case Back::kDone:
      return Refused(fmt::format("{}; rolled back to {}", text, back_to->to.text()), failure->error.hint);
    case Back::kNothingThere:
      return Refused(text + "; no version was active before, so the new one stays active", failure->error.hint);
    case Back::kFailed:
      break;
  }
  return Refused(
      fmt::format("{}; AND IT COULD NOT BE ROLLED BACK: {}", text, back_error->text),
      "Look at `lotmark status`: unless another command moved the pointer, the new version is still active.");
}

}  // namespace lotmark::cli
