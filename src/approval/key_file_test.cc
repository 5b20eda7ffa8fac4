// Where keys may lie, who may read them, and that none is ever lost to another.
#include "approval/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "approval/p256.h"
#include "approval/passphrase.h"
#include "fs/testing/temp_folder.h"

namespace lotmark::approval {
namespace {

class KeyFileTest : public ::testing::Test {
 protected:
  std::string PathOf(const std::string& name) const { return folder_.PathOf(name); }

  std::string Write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    std::ofstream(PathOf(name)) << text;
    ::chmod(PathOf(name).c_str(), mode);
    return PathOf(name);
  }

  static mode_t ModeOf(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
  }

  const fs::TempFolder folder_;
};

TEST_F(KeyFileTest, TheFolderIsTheFirstThatIsNamed) {
  ::setenv("LOTMARK_KEYS", "/a/keys", 1);
  ::setenv("XDG_CONFIG_HOME", "/b", 1);
  ::setenv("HOME", "/c", 1);
  EXPECT_EQ(KeysFolder().value(), "/a/keys");
  ::setenv("LOTMARK_KEYS", "", 1);
  EXPECT_EQ(KeysFolder().value(), "/b/lotmark/keys");
  ::setenv("XDG_CONFIG_HOME", "relative", 1);
  EXPECT_EQ(KeysFolder().value(), "/c/.config/lotmark/keys");
}

TEST_F(KeyFileTest, APrivateKeyIsItsOwnersOnly) {
  const std::string path = PathOf("config/keys/ada.key");
  ASSERT_TRUE(WritePrivateKeyFile(path, "secret"));
  EXPECT_EQ(ModeOf(path), 0600u);
  EXPECT_EQ(ModeOf(PathOf("config/keys")), 0700u);
  EXPECT_EQ(ReadPrivateKeyFile(path).value(), "secret");
  ASSERT_TRUE(WritePublicKeyFile(PathOf("config/keys/ada.pub"), "public"));
  EXPECT_NE(ModeOf(PathOf("config/keys/ada.pub")), 0600u);
}

TEST_F(KeyFileTest, AKeyIsNeverReplaced) {
  const std::string path = PathOf("ada.key");
  ASSERT_TRUE(WritePrivateKeyFile(path, "first"));
  const Status second = WritePrivateKeyFile(path, "second");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_EQ(ReadPrivateKeyFile(path).value(), "first");
}

TEST_F(KeyFileTest, AKeyThatOthersMayReadIsRefused) {
  for (const mode_t mode : {0640, 0604, 0620, 0666, 0610}) {
    const auto read = ReadPrivateKeyFile(Write("ada.key", "secret", mode));
    ASSERT_FALSE(read) << mode;
    EXPECT_NE(read.error().hint.find("chmod 600"), std::string::npos);
  }
  EXPECT_TRUE(ReadPrivateKeyFile(Write("ada.key", "secret", 0400)));
  EXPECT_EQ(ReadPrivateKeyFile(PathOf("none.key")).error().code, ErrorCode::kNotFound);
}

TEST_F(KeyFileTest, AKeyInsideAVolumeIsRefusedHoweverItIsReached) {
  std::filesystem::create_directories(PathOf("volume/models/m"));
  std::filesystem::create_directories(PathOf("elsewhere"));
  Write("volume/volume.json", "{}");
  Write("volume/models/m/ada.key", "secret");
  std::filesystem::create_symlink(PathOf("volume/models"), PathOf("elsewhere/link"));
  std::filesystem::create_symlink(PathOf("volume/models/m/ada.key"), PathOf("elsewhere/ada.key"));
  for (const char* name : {"volume/models/m/ada.key", "elsewhere/link/m/ada.key", "elsewhere/ada.key",
                           "elsewhere/../volume/models/m/ada.key"}) {
    const auto read = ReadPrivateKeyFile(PathOf(name));
    ASSERT_FALSE(read) << name;
    EXPECT_NE(read.error().text.find("model volume"), std::string::npos) << read.error().text;
  }
  for (const char* name :
       {"volume/new.key", "volume/a/b/new.key", "elsewhere/link/new.key", "elsewhere/link/x/new.key"}) {
    EXPECT_FALSE(WritePrivateKeyFile(PathOf(name), "secret")) << name;
    EXPECT_FALSE(std::filesystem::exists(PathOf(name)));
  }
  EXPECT_FALSE(std::filesystem::exists(PathOf("volume/a")));
  EXPECT_TRUE(WritePrivateKeyFile(PathOf("elsewhere/new.key"), "secret"));
}

TEST_F(KeyFileTest, AKeyNameIsOneSafeComponent) {
  for (const char* bad : {"", ".", "..", "a/b", "../a", "-x", "a b"}) EXPECT_FALSE(KeyName::Parse(bad)) << bad;
  EXPECT_TRUE(KeyName::Parse("journal-0b0e9c1e-5d3a-4c7b-9f00-000000000001"));
}

TEST_F(KeyFileTest, ThePassphraseIsTheOneLineOfItsFile) {
  ::unsetenv("LOTMARK_PASSPHRASE_FILE");
  EXPECT_FALSE(PassphraseFromFile()->has_value());
  const auto from = [&](const std::string& text, mode_t mode = 0600) {
    ::setenv("LOTMARK_PASSPHRASE_FILE", Write("passphrase", text, mode).c_str(), 1);
    return PassphraseFromFile();
  };
  EXPECT_EQ(**from("open sesame\n"), "open sesame");
  EXPECT_EQ(**from("open sesame\r\n"), "open sesame");
  EXPECT_EQ(**from(" open sesame "), " open sesame ");
  EXPECT_EQ(*Passphrase("the key", Asking::kTwice), " open sesame ");
  for (const std::string& bad :
       {std::string(), std::string("\n"), std::string("a\nb\n"), std::string("a\0b", 3), std::string(1024, 'a')}) {
    EXPECT_FALSE(from(bad));
  }
  EXPECT_TRUE(from(std::string(1023, 'a')));
  EXPECT_NE(from("x", 0644).error().hint.find("chmod 600"), std::string::npos);
  ::setenv("LOTMARK_PASSPHRASE_FILE", PathOf("none").c_str(), 1);
  EXPECT_FALSE(PassphraseFromFile());
}

TEST_F(KeyFileTest, TheLongestPassphraseOpensItsKey) {
  const std::string longest(1023, 'p');
  const PrivateKey key = PrivateKey::Generate();
  EXPECT_EQ(PrivateKey::FromPem(key.ToPem(longest), longest)->public_key(), key.public_key());
}

}  // namespace
}  // namespace lotmark::approval
