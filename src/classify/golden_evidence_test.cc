#include "classify/golden_evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "classify/testing/test_version.h"

namespace lotmark::classify {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

GoldenRun SomeRun() {
  GoldenRun run;
  run.report.origin = manifest::GoldenOrigin::kTraining;
  run.report.tolerance = 1e-4;
  run.report.cases = {{.image = "golden/a.png",
                       .worst_difference = 2.5e-7,
                       .top_class = "red",
                       .image_sha256 = Sha256Of("a"),
                       .pixels_sha256 = Sha256Of("pixels"),
                       .output_sha256 = Sha256Of("output")},
                      {.image = "golden/b.png", .failure = "is not an image", .image_sha256 = Sha256Of("b")}};
  run.report.duration = std::chrono::microseconds(1234);
  run.artifact_sha256 = Sha256Of("artifact");
  run.runtime = {"onnxruntime", "1.30.0", "CPUExecutionProvider", {{"threads", "1"}, {"optimise", "all"}}};
  return run;
}

manifest::Manifest SomeManifest() {
  auto version = testing::MakeVersion({1});
  return manifest::Manifest::Parse(DumpJson(version.fields)).value();
}

std::string SomeText() {
  return FormatGoldenEvidence(MakeGoldenEvidence(SomeManifest(), manifest::Format::kOnnx, SomeRun()).value());
}

std::string WhyRefused(const std::string& text) {
  const auto parsed = ParseGoldenEvidence(text);
  return parsed ? "accepted" : parsed.error().text;
}

TEST(GoldenEvidence, HasOneSpelling) {
  const auto hex = [](const char* text) { return Sha256Of(text).hex(); };
  EXPECT_EQ(SomeText(), R"({"format":1,"kind":"golden_result","model":"colours","version":"v1","manifest_sha256":")" +
                            SomeManifest().digest().hex() + R"(","artifact_sha256":")" + hex("artifact") +
                            R"(","model_format":"onnx","runtime":{"name":"onnxruntime","version":"1.30.0",)"
                            R"("provider":"CPUExecutionProvider","options":{"optimise":"all","threads":"1"}},)"
                            R"("origin":"training","tolerance":0.0001,"cases":[{"image_sha256":")" +
                            hex("a") + R"(","pixels_sha256":")" + hex("pixels") + R"(","output_sha256":")" +
                            hex("output") + R"(","worst_difference":2.5e-07,"passed":true},{"image_sha256":")" +
                            hex("b") +
                            R"(","pixels_sha256":null,"output_sha256":null,"worst_difference":null,"passed":false}],)"
                            R"("passed":false})"
                            "\n");
}

TEST(GoldenEvidence, ReadsBackWhatItWrote) {
  const auto parsed = ParseGoldenEvidence(SomeText());
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(parsed->model.text(), "colours");
  EXPECT_EQ(parsed->manifest_sha256, SomeManifest().digest());
  EXPECT_EQ(parsed->origin, manifest::GoldenOrigin::kTraining);
  EXPECT_EQ(parsed->runtime.options.at("threads"), "1");
  ASSERT_EQ(parsed->cases.size(), 2u);
  EXPECT_EQ(parsed->cases[0].worst_difference, 2.5e-7);
  EXPECT_FALSE(parsed->cases[1].output_sha256);
  EXPECT_FALSE(parsed->passed);
  EXPECT_EQ(FormatGoldenEvidence(*parsed), SomeText());
}

TEST(GoldenEvidence, SaysNothingOfWhenItRan) {
  GoldenRun other = SomeRun();
  other.report.duration = std::chrono::microseconds(1);
  EXPECT_EQ(FormatGoldenEvidence(MakeGoldenEvidence(SomeManifest(), manifest::Format::kOnnx, other).value()),
            SomeText());
}

TEST(GoldenEvidence, NeedsGoldenCases) {
  const auto made = MakeGoldenEvidence(SomeManifest(), manifest::Format::kOnnx, {});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().text, StartsWith("colours v1: the manifest has no golden cases for onnx"));
}

TEST(GoldenEvidence, RefusesEveryChangedField) {
  const Json good = *ParseJson(SomeText());
  const struct {
    const char* at;
    Json put;
    const char* names;
  } cases[] = {
      {"/format", 2, "format"},
      {"/kind", "evaluation", "kind"},
      {"/model", "../x", "model"},
      {"/version", "", "version"},
      {"/manifest_sha256", "ab", "manifest_sha256"},
      {"/artifact_sha256", nullptr, "artifact_sha256"},
      {"/model_format", "coreml", "model_format"},
      {"/runtime/options/threads", 1, "threads"},
      {"/runtime/name", 1, "runtime.name"},
      {"/origin", "guessed", "one spelling"},
      {"/tolerance", "0", "tolerance"},
      {"/tolerance", 1e-8, "cases[0]"},
      {"/cases", Json::array(), "cases"},
      {"/cases/0/image_sha256", nullptr, "cases[0].image_sha256"},
      {"/cases/0/worst_difference", 0.2, "cases[0]"},
      {"/cases/0/worst_difference", -1, "cases[0]"},
      {"/cases/0/output_sha256", nullptr, "cases[0]"},
      {"/cases/1/passed", true, "cases[1]"},
      {"/cases/0/passed", "yes", "cases[0].passed"},
      {"/passed", true, "passed"},
      {"/time", "2026-01-01", "one spelling"},
      {"/cases/0/time", 1, "one spelling"},
  };
  for (const auto& one : cases) {
    Json changed = good;
    changed[Json::json_pointer(one.at)] = one.put;
    EXPECT_THAT(WhyRefused(DumpJson(changed) + "\n"), HasSubstr(one.names)) << one.at << " = " << one.put;
  }
}

TEST(GoldenEvidence, RefusesAnotherSpelling) {
  const std::string text = SomeText();
  EXPECT_EQ(WhyRefused(text), "accepted");
  for (const std::string& other :
       {text.substr(0, text.size() - 1), text + "\n", " " + text, DumpJson(*ParseJson(text), 2) + "\n"}) {
    EXPECT_THAT(WhyRefused(other), HasSubstr("one spelling"));
  }
}

TEST(GoldenEvidence, RefusesEveryCutAndMostFlips) {
  const std::string text = SomeText();
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(ParseGoldenEvidence(text.substr(0, length))) << length;
  }
  // A flip that is accepted is another document in its one spelling: another digest, name or number, nothing looser.
  for (size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    const auto parsed = ParseGoldenEvidence(flipped);
    if (parsed) {
      EXPECT_EQ(FormatGoldenEvidence(*parsed), flipped);
    }
  }
}

}  // namespace
}  // namespace lotmark::classify
