#include "base/digest.h"

#include <gtest/gtest.h>

namespace lotmark {
namespace {

constexpr char kOfAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kOfNothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Digest, ParsesAndPrintsTheSameText) {
  const auto digest = Digest::Parse(kOfAbc);
  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->hex(), kOfAbc);
  EXPECT_EQ(digest->short_hex(), "ba7816bf8f01");
}

TEST(Digest, RefusesEveryOtherSpelling) {
  const std::string good = kOfAbc;
  const struct {
    std::string text;
    std::string why;
  } cases[] = {
      {"", "it has 0 characters, not 64"},
      {"abc123...", "'abc123...' is not a SHA-256 digest: it has 9 characters, not 64"},
      {good.substr(1), "it has 63 characters, not 64"},
      {good + "0", "it has 65 characters, not 64"},
      {"BA" + good.substr(2), "capitals are not accepted"},
      {"g" + good.substr(1), "only 0-9 and a-f are digits"},
      {good.substr(0, 63) + " ", "only 0-9 and a-f are digits"},
      {good.substr(0, 63) + std::string(1, '\0'), "only 0-9 and a-f are digits"},
      {"0x" + good.substr(2), "only 0-9 and a-f are digits"},
  };
  for (const auto& c : cases) {
    const auto digest = Digest::Parse(c.text);
    ASSERT_FALSE(digest) << c.text;
    EXPECT_EQ(digest.error().code, ErrorCode::kRefused);
    EXPECT_NE(digest.error().text.find(c.why), std::string::npos) << digest.error().text;
  }
}

TEST(Digest, OrdersAsItsText) {
  const auto low = Sha256Of("abc"), high = Sha256Of("");
  EXPECT_EQ(low < high, low.hex() < high.hex());
  EXPECT_NE(low, high);
  EXPECT_EQ(Digest(low.bytes()), low);
}

TEST(Sha256, GivesThePublishedValues) {
  EXPECT_EQ(Sha256Of("abc").hex(), kOfAbc);
  EXPECT_EQ(Sha256Of("").hex(), kOfNothing);
  const std::string million(1000000, 'a');
  EXPECT_EQ(Sha256Of(million).hex(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesHashAsTheWhole) {
  const std::string text = "every prediction carries a lot number";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    Sha256 hasher;
    hasher.Update(AsBytes(text.substr(0, cut)));
    Sha256 moved = std::move(hasher);
    moved.Update(AsBytes(text.substr(cut)));
    EXPECT_EQ(moved.Finish(), Sha256Of(text));
  }
}

}  // namespace
}  // namespace lotmark
