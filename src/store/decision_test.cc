#include "store/decision.h"

#include <gtest/gtest.h>

#include "store/testing/test_volume.h"

namespace lotmark::store {
namespace {

const ModelName kModel = Model("lesion_cnn");

Digest DigestOf(std::string_view version) { return Sha256Of("manifest of " + std::string(version)); }

// A history in which these versions are registered, and these were activated in turn.
journal::VolumeHistory Made(const std::vector<std::string>& registered,
                            const std::vector<std::string>& activated = {}) {
  journal::VolumeHistory history;
  for (const std::string& version : registered) {
    history.registered.push_back({kModel, V(version), DigestOf(version), 1});
  }
  for (const std::string& version : activated) {
    history.models[kModel].activations.push_back({V(version), 1});
    history.models[kModel].ever_active.push_back(V(version));
  }
  return history;
}

TEST(DecideRegistration, KnowsTheSameBytesAndRefusesOthers) {
  const journal::VolumeHistory history = Made({"v1"});
  EXPECT_EQ(DecideRegistration(history, kModel, kModel, V("v2"), DigestOf("v2")).value(), RegisterOutcome::kRegistered);
  EXPECT_EQ(DecideRegistration(history, kModel, kModel, V("v1"), DigestOf("v1")).value(),
            RegisterOutcome::kAlreadyRegistered);
  const auto other_bytes = DecideRegistration(history, kModel, kModel, V("v1"), DigestOf("other"));
  ASSERT_FALSE(other_bytes);
  EXPECT_NE(other_bytes.error().text.find(DigestOf("v1").hex()), std::string::npos) << other_bytes.error().text;
}

TEST(DecideRegistration, RefusesIdsThatDifferOnlyInCase) {
  const journal::VolumeHistory history = Made({"v1"});
  EXPECT_FALSE(DecideRegistration(history, kModel, kModel, V("V1"), DigestOf("v1")));
  EXPECT_FALSE(DecideRegistration(history, kModel, Model("Lesion_CNN"), V("v2"), DigestOf("v2")));
  // Also before the first version is registered.
  EXPECT_FALSE(DecideRegistration({}, kModel, Model("Lesion_CNN"), V("v2"), DigestOf("v2")));
}

TEST(DecideRegistration, AllowsTheSameVersionOfAnotherModel) {
  EXPECT_TRUE(DecideRegistration(Made({"v1"}), kModel, Model("other"), V("v1"), DigestOf("x")));
}

TEST(DecideActivation, MovesFromWhatThePointerNames) {
  const auto decision = DecideActivation(Made({"v1", "v2"}, {"v1"}), V("v1"), kModel, V("v2"));
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->outcome, MoveOutcome::kMoved);
  EXPECT_EQ(decision->previous, V("v1"));
  EXPECT_EQ(decision->manifest_sha256, DigestOf("v2"));
}

TEST(DecideActivation, KnowsWhatIsActiveAlready) {
  const journal::VolumeHistory history = Made({"v1", "v2"}, {"v1"});
  EXPECT_EQ(DecideActivation(history, V("v1"), kModel, V("v1"))->outcome, MoveOutcome::kAlreadyActive);
  // Moved there by hand, or lost: an activation makes it right, with its events.
  EXPECT_EQ(DecideActivation(history, V("v2"), kModel, V("v2"))->outcome, MoveOutcome::kMoved);
  EXPECT_EQ(DecideActivation(history, std::nullopt, kModel, V("v1"))->outcome, MoveOutcome::kMoved);
}

TEST(DecideActivation, RefusesWhatIsNotRegistered) {
  const auto decision = DecideActivation(Made({"v1"}), std::nullopt, kModel, V("v2"));
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().code, ErrorCode::kNotFound);
}

TEST(DecideRollback, GoesToTheVersionBeforeOrToTheOneNamed) {
  const journal::VolumeHistory history = Made({"v1", "v2", "v3", "v4"}, {"v1", "v2", "v3"});
  EXPECT_EQ(DecideRollback(history, V("v3"), kModel, std::nullopt)->target, V("v2"));
  EXPECT_EQ(DecideRollback(history, V("v3"), kModel, V("v1"))->target, V("v1"));
  EXPECT_FALSE(DecideRollback(history, V("v3"), kModel, V("v3")));  // active now
  EXPECT_FALSE(DecideRollback(history, V("v3"), kModel, V("v4")));  // never active
}

TEST(DecideRollback, RefusesWhenThereIsNothingToGoBackTo) {
  EXPECT_FALSE(DecideRollback(Made({"v1"}, {"v1"}), V("v1"), kModel, std::nullopt));
  EXPECT_FALSE(DecideRollback(Made({"v1"}), std::nullopt, kModel, std::nullopt));
}

TEST(DecideRollback, RefusesWhenThePointerWasMovedByHand) {
  const journal::VolumeHistory history = Made({"v1", "v2", "v3"}, {"v1", "v2"});
  const auto decision = DecideRollback(history, V("v3"), kModel, std::nullopt);
  ASSERT_FALSE(decision);
  EXPECT_NE(decision.error().text.find("the pointer names v3, the last event says v2"), std::string::npos)
      << decision.error().text;
  EXPECT_FALSE(DecideRollback(history, std::nullopt, kModel, std::nullopt));
}

}  // namespace
}  // namespace lotmark::store
