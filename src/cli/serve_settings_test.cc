#include "cli/serve_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "cli/settings_sources.h"

namespace lotmark::cli {
namespace {

using ::testing::ElementsAre;

const Setting& Named(const std::string& name) {
  const auto all = AllSettings();
  return *std::find_if(all.begin(), all.end(), [&](const Setting& one) { return one.name == name; });
}

TEST(ServeSettings, NamesAreOfOneFormAndUnique) {
  std::set<std::string> keys;
  for (const Setting& setting : AllSettings()) {
    EXPECT_TRUE(keys.insert(setting.key()).second) << setting.name;
    EXPECT_FALSE(setting.help.empty());
  }
  EXPECT_EQ(Named("drain-notice-seconds").flag(), "--drain-notice-seconds");
  EXPECT_EQ(Named("drain-notice-seconds").variable(), "LOTMARK_DRAIN_NOTICE_SECONDS");
  EXPECT_EQ(Named("drain-notice-seconds").key(), "drain_notice_seconds");
}

TEST(ServeSettings, DefaultsAreWithinTheirOwnBounds) {
  EXPECT_TRUE(CheckTogether({}));
  for (const Setting& setting : AllSettings()) {
    ServeSettings copy;
    const Json value = setting.Get(copy);
    if (value.is_null()) continue;
    EXPECT_TRUE(setting.SetJson(copy, value)) << setting.name;
    EXPECT_EQ(setting.Get(copy), value);
  }
}

TEST(ServeSettings, NumbersAreWholeAndInRange) {
  ServeSettings settings;
  const Setting& workers = Named("workers");
  for (const char* text : {"", "0", "-1", "1025", "1.5", "1 ", " 1", "0x1", "1e2", "+1", "99999999999999999999"}) {
    EXPECT_FALSE(workers.SetText(settings, text)) << text;
  }
  for (const Json& value :
       {Json(0), Json(-1), Json(1025), Json(1.0), Json("1"), Json(true), Json(), Json(UINT64_MAX)}) {
    EXPECT_FALSE(workers.SetJson(settings, value)) << value;
  }
  EXPECT_EQ(settings.workers, 0) << "a refused value leaves the old one";
  EXPECT_TRUE(workers.SetText(settings, "1024"));
  EXPECT_EQ(settings.workers, 1024);
}

TEST(ServeSettings, TextsAndSwitches) {
  ServeSettings settings;
  for (const Json& value : {Json(""), Json(1), Json(false), Json()}) {
    EXPECT_FALSE(Named("replica").SetJson(settings, value)) << value;
  }
  const Setting& remote = Named("allow-remote-unauthenticated");
  for (const char* text : {"", "1", "yes", "TRUE"}) EXPECT_FALSE(remote.SetText(settings, text)) << text;
  for (const Json& value : {Json("true"), Json(1)}) EXPECT_FALSE(remote.SetJson(settings, value)) << value;
  EXPECT_TRUE(remote.SetText(settings, "true"));
  EXPECT_TRUE(settings.allow_remote);
}

TEST(ServeSettings, WhatIsWrongTogether) {
  EXPECT_FALSE(CheckTogether({.tls_cert = "c"}));
  EXPECT_FALSE(CheckTogether({.tls_key = "k"}));
  EXPECT_TRUE(CheckTogether({.tls_cert = "c", .tls_key = "k"}));
  EXPECT_FALSE(CheckTogether({.max_body_mib = 300}));
  EXPECT_FALSE(CheckTogether({.listen = "nowhere"}));
}

TEST(ServeSettings, PasswordsAreNotShown) {
  const Setting& records = Named("records");
  ServeSettings settings{.records = "postgres://user:secret@host/db"};
  EXPECT_EQ(records.Text(settings), "postgres://user:***@host/db");
  EXPECT_EQ(records.Get(settings), "postgres://user:***@host/db");
  settings.records = "sqlite:///var/lib/a@b:c.db";
  EXPECT_EQ(records.Text(settings), settings.records);
}

TEST(SettingsChange, TakesWhatMayChangeAndNamesTheRest) {
  ResolvedSettings current;
  for (const Setting& setting : AllSettings()) current.sources[setting.name] = Source::kDefault;
  ResolvedSettings next = current;
  next.values.idle_timeout_seconds = 60;
  next.values.workers = 4;
  next.values.tls_cert = "c";
  next.values.tls_key = "k";
  next.sources["idle-timeout-seconds"] = Source::kFile;
  const SettingsChange change = AdoptChanges(current, next);
  EXPECT_THAT(change.applied, ElementsAre("idle-timeout-seconds: 120 -> 60"));
  EXPECT_THAT(change.needs_restart,
              ElementsAre("tls-cert: (no TLS) -> c", "tls-key: (no TLS) -> k", "workers: (one per core) -> 4"));
  EXPECT_EQ(current.values.idle_timeout_seconds, 60);
  EXPECT_EQ(current.sources["idle-timeout-seconds"], Source::kFile);
  EXPECT_EQ(current.values.workers, 0);
  EXPECT_EQ(current.values.tls_cert, "") << "a server without TLS stays one";

  current.values.tls_cert = "a";
  current.values.tls_key = "b";
  EXPECT_THAT(AdoptChanges(current, next).applied, ElementsAre("tls-cert: a -> c", "tls-key: b -> k"));
}

}  // namespace
}  // namespace lotmark::cli
