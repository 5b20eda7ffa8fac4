#include "cli/service_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "base/encoding.h"

namespace lotmark::cli {
namespace {

using Kind = Judgement::Kind;

std::string NameOf(const std::optional<client::ServedVersion>& served) {
  return served ? served->version.text() : "nothing";
}

}  // namespace

Judgement JudgeHealth(const Result<client::Health>& health, const client::ServedVersion& wanted) {
  if (!health) return {Kind::kNotYet, health.error().text};
  const auto is_wanted = [&](const std::optional<client::ServedVersion>& one) {
    return one && one->manifest_sha256 == wanted.manifest_sha256;
  };
  if (is_wanted(health->active)) {
    return {Kind::kYes, fmt::format("{} serves {}", health->replica, wanted.version.text())};
  }
  if (health->last_failure && is_wanted(health->last_failure->version)) {
    return {Kind::kNo,
            fmt::format("{} refuses {}: {}", health->replica, wanted.version.text(), health->last_failure->reason)};
  }
  std::string text = fmt::format("{} serves {}", health->replica, NameOf(health->active));
  if (is_wanted(health->loading)) return {Kind::kNotYet, text + " and is loading " + wanted.version.text()};
  if (health->last_failure) return {Kind::kNotYet, text + ", " + health->last_failure->reason};
  if (!is_wanted(health->desired)) text += fmt::format(" and finds {} desired", NameOf(health->desired));
  return {Kind::kNotYet, std::move(text)};
}

Judgement JudgeReply(const Result<client::Classification>& reply, const client::ServedVersion& wanted,
                     const ExpectedReply& expected) {
  if (!reply) {
    const bool passing = reply.error().code == ErrorCode::kBusy || reply.error().code == ErrorCode::kMachine;
    return {passing ? Kind::kNotYet : Kind::kNo, reply.error().text};
  }
  if (reply->by.manifest_sha256 != wanted.manifest_sha256) {
    return {Kind::kNotYet, fmt::format("the reply is of {} {} ({})", reply->by.model.text(), reply->by.version.text(),
                                       reply->by.manifest_sha256.short_hex())};
  }
  if (reply->labels != expected.labels) return {Kind::kNo, "the reply's labels are not the manifest's"};
  double worst = 0;
  for (size_t i = 0; i < expected.probabilities.size(); ++i) {
    const double difference = std::abs(reply->probabilities[i] - expected.probabilities[i]);
    if (!(difference <= expected.tolerance)) {
      return {Kind::kNo, fmt::format("class {}: expected {:.6g}, the reply says {:.6g}, tolerance {:g}",
                                     Printable(expected.labels[i], 64), expected.probabilities[i],
                                     reply->probabilities[i], expected.tolerance)};
    }
    worst = std::max(worst, difference);
  }
  return {Kind::kYes, fmt::format("worst difference {:.2g}", worst)};
}

Result<std::string> AskUntilYes(const std::function<Judgement()>& ask, const Patience& patience) {
  const auto begin = patience.now();
  for (;;) {
    Judgement judgement = ask();
    if (judgement.kind == Kind::kYes) return std::move(judgement.text);
    if (judgement.kind == Kind::kNo) return Refused(std::move(judgement.text));
    if (patience.now() - begin >= patience.deadline) {
      const double seconds = std::chrono::duration<double>(patience.deadline).count();
      return Refused(fmt::format("not within {:g} s: {}", seconds, judgement.text));
    }
    patience.sleep ? patience.sleep(patience.interval) : std::this_thread::sleep_for(patience.interval);
  }
}

}  // namespace lotmark::cli
