#include "tlog/note.h"

#include <gtest/gtest.h>

#include "tlog/checkpoint.h"

namespace lotmark::tlog {
namespace {

// The key and the note that the documentation of Go's sumdb/note package shows.
constexpr char kPublishedKey[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr char kPublishedNote[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

TEST(Note, OpensAPublishedOne) {
  const auto verifier = NoteVerifier::Parse(kPublishedKey);
  ASSERT_TRUE(verifier) << verifier.error().text;
  EXPECT_EQ(verifier->Text(), kPublishedKey);
  const auto text = OpenNote(kPublishedNote, *verifier);
  ASSERT_TRUE(text) << text.error().text;
  EXPECT_TRUE(text->ends_with("what your problem is.\n"));
}

class NoteTest : public testing::Test {
 protected:
  const PrivateKey key_ = PrivateKey::Generate();
  const NoteVerifier verifier_{"derm-models/1", key_.public_key()};
  const std::string note_ = SignNote("one\ntwo\n", "derm-models/1", key_);
};

TEST_F(NoteTest, OpensWhatItSigned) {
  EXPECT_EQ(OpenNote(note_, verifier_).value(), "one\ntwo\n");
  EXPECT_EQ(NoteVerifier::Parse(verifier_.Text())->key(), key_.public_key());
}

TEST_F(NoteTest, RefusesEveryChangedAndEveryMissingByte) {
  for (size_t i = 0; i < note_.size(); ++i) {
    EXPECT_FALSE(OpenNote(note_.substr(0, i), verifier_)) << i;
    for (const int bit : {0, 3, 7}) {
      std::string changed = note_;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_FALSE(OpenNote(changed, verifier_)) << i;
    }
  }
  EXPECT_FALSE(OpenNote(note_ + "x", verifier_));
  EXPECT_FALSE(OpenNote(note_ + "\n", verifier_));
}

TEST_F(NoteTest, OverlooksSignaturesOfOtherKeys) {
  const PrivateKey other = PrivateKey::Generate();
  const std::string line = SignNote("one\ntwo\n", "other", other).substr(9);
  EXPECT_EQ(OpenNote(note_ + line, verifier_).value(), "one\ntwo\n");
  EXPECT_EQ(OpenNote("one\ntwo\n\n" + line + note_.substr(9), verifier_).value(), "one\ntwo\n");
  EXPECT_FALSE(OpenNote("one\ntwo\n\n" + line, verifier_));
  // The same name with another key is another key.
  EXPECT_FALSE(OpenNote(SignNote("one\ntwo\n", "derm-models/1", other), verifier_));
}

TEST_F(NoteTest, RefusesWhatIsNoVerifierKey) {
  const std::string text = verifier_.Text();
  for (size_t i = 0; i < text.size(); ++i) EXPECT_FALSE(NoteVerifier::Parse(text.substr(0, i))) << i;
  EXPECT_FALSE(NoteVerifier::Parse("x" + text));
  for (const char* name : {"", "a b", "a+b", "a\nb", "\xff"}) EXPECT_FALSE(CheckKeyName(name)) << name;
}

TEST(PrivateKeyTest, ReadsBackItsPemWithTheRightPassphraseOnly) {
  const PrivateKey key = PrivateKey::Generate();
  EXPECT_EQ(PrivateKey::FromPem(key.ToPem("open sesame"), "open sesame")->public_key(), key.public_key());
  EXPECT_EQ(PrivateKey::FromPem(key.ToPem(""), "")->public_key(), key.public_key());
  for (const char* wrong : {"", "open", "open sesame "})
    EXPECT_FALSE(PrivateKey::FromPem(key.ToPem("open sesame"), wrong));
  EXPECT_FALSE(PrivateKey::FromPem("", ""));
  EXPECT_NE(key.ToPem("x").find("BEGIN ENCRYPTED PRIVATE KEY"), std::string::npos);
}

TEST_F(NoteTest, CheckpointSaysWhichLogHowLongAndWhichRoot) {
  const TreeHead head{3, LeafHash(AsBytes("root"))};
  const std::string note = SignCheckpoint("derm-models/1", head, key_);
  EXPECT_EQ(OpenCheckpoint(note, verifier_).value(), head);
  EXPECT_EQ(OpenCheckpoint(SignCheckpoint("derm-models/1", {}, key_), verifier_).value(), TreeHead{});
  EXPECT_FALSE(ParseCheckpoint(FormatCheckpoint("derm-models/2", head), "derm-models/1"));
}

TEST(Checkpoint, HasOneSpelling) {
  const std::string root = "\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";  // of nothing
  EXPECT_TRUE(ParseCheckpoint("o\n0" + root, "o"));
  EXPECT_TRUE(ParseCheckpoint("o\n18446744073709551615" + root, "o"));
  for (const char* size : {"", "00", "01", "+1", "-1", " 1", "1 ", "1x", "0x1", "18446744073709551616"}) {
    EXPECT_FALSE(ParseCheckpoint("o\n" + (size + root), "o")) << size;
  }
  EXPECT_FALSE(ParseCheckpoint("o\n0" + root + "extension\n", "o"));
  EXPECT_FALSE(ParseCheckpoint("o\n0\n47DEQpj8HBSa\n", "o"));
  EXPECT_FALSE(ParseCheckpoint("o\n0\n" + std::string(43, 'A') + "=\n", "o"));
  EXPECT_FALSE(ParseCheckpoint("o\n0", "o"));
}

}  // namespace
}  // namespace lotmark::tlog
