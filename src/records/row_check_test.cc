#include "records/row_check.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "records/testing/sample_rows.h"

namespace lotmark::records {
namespace {

struct Flaw {
  std::string column;  // that the message must name
  std::function<void(ClassificationRow&)> make;
};

const std::string kNul("a\0b", 3);
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(RowCheck, AcceptsASampleAndALeanRow) {
  EXPECT_TRUE(CheckRow(SampleRow()));
  auto lean = SampleRow();
  lean.references = {};
  lean.warnings = {};
  lean.runtime_version = lean.runtime_provider = lean.cpu_features = lean.replica = "";
  lean.runtime_options = "{}";
  EXPECT_TRUE(CheckRow(lean));
}

TEST(RowCheck, RefusesEachFlawNamingTheColumn) {
  const Flaw flaws[] = {
      {"time", [](auto& row) { row.time = UtcTime(std::chrono::microseconds(-1)); }},
      {"time", [](auto& row) { row.time = std::chrono::sys_days(std::chrono::year(10000) / 1 / 1); }},
      {"format", [](auto& row) { row.format = ""; }},
      {"runtime_name", [](auto& row) { row.runtime_name = ""; }},
      {"runtime_version", [](auto& row) { row.runtime_version = "\xFF"; }},
      {"runtime_provider", [](auto& row) { row.runtime_provider = kNul; }},
      {"runtime_options", [](auto& row) { row.runtime_options = ""; }},
      {"runtime_options", [](auto& row) { row.runtime_options = "[]"; }},
      {"runtime_options", [](auto& row) { row.runtime_options = "{"; }},
      {"runtime_options", [](auto& row) { row.runtime_options = " {}"; }},
      {"runtime_options", [](auto& row) { row.runtime_options = "{}\n"; }},
      {"cpu_features", [](auto& row) { row.cpu_features = std::string(4097, 'x'); }},
      {"classes", [](auto& row) { row.classes[0] = "\xC0\x80"; }},
      {"classes", [](auto& row) { row.classes.assign(10'001, "nevus"); }},
      {"probabilities", [](auto& row) { row.probabilities.pop_back(); }},
      {"probabilities", [](auto& row) { row.probabilities[1] = kNan; }},
      {"probabilities", [](auto& row) { row.probabilities[1] = std::numeric_limits<float>::infinity(); }},
      {"top_class", [](auto& row) { row.top_class = "wart"; }},
      {"confidence", [](auto& row) { row.confidence = kNan; }},
      {"warnings", [](auto& row) { row.warnings[0] = kNul; }},
      {"sharpness", [](auto& row) { row.sharpness = kNan; }},
      {"image_width", [](auto& row) { row.image_width = 0; }},
      {"image_height", [](auto& row) { row.image_height = -1; }},
      {"brightness", [](auto& row) { row.brightness = -std::numeric_limits<double>::infinity(); }},
      {"replica", [](auto& row) { row.replica = "\xED\xA0\x80"; }},
      {"latency_micros", [](auto& row) { row.latency_micros = -1; }},
      {"patient_id", [](auto& row) { row.references.patient_id = ""; }},
  };
  for (const auto& flaw : flaws) {
    auto row = SampleRow();
    flaw.make(row);
    const Status status = CheckRow(row);
    ASSERT_FALSE(status) << flaw.column;
    EXPECT_EQ(status.error().code, ErrorCode::kRefused);
    EXPECT_NE(status.error().text.find(flaw.column), std::string::npos) << status.error().text;
  }
}

TEST(ReferencesCheck, AcceptsAnythingReadableUpTo256Bytes) {
  EXPECT_TRUE(CheckReferences({}));
  EXPECT_TRUE(CheckReferences({std::string(256, 'x'), "'\"\n\\", "皮膚", "\x7f"}));
}

TEST(ReferencesCheck, NamesTheReferenceAndHidesItsValue) {
  const std::string bad[] = {"", std::string(257, 'S'), "Smith\xFF", std::string("Smith\0", 6)};
  const char* const names[] = {"lesion_image_id", "patient_id", "encounter_id", "anatomical_site"};
  for (const auto& value : bad) {
    for (int which = 0; which < 4; ++which) {
      References references;
      std::optional<std::string>* const all[] = {&references.lesion_image_id, &references.patient_id,
                                                 &references.encounter_id, &references.anatomical_site};
      *all[which] = value;
      const Status status = CheckReferences(references);
      ASSERT_FALSE(status);
      EXPECT_EQ(status.error().code, ErrorCode::kRefused);
      EXPECT_EQ(status.error().text.rfind(std::string(names[which]) + ": ", 0), 0u) << status.error().text;
      EXPECT_EQ(status.error().text.find('S'), std::string::npos) << status.error().text;
    }
  }
}

TEST(EventCheck, RefusesTextThatIsNotUtf8) {
  EXPECT_TRUE(CheckEvent(SampleEvent("fine")));
  EXPECT_FALSE(CheckEvent(SampleEvent("\xFF")));
  EXPECT_FALSE(CheckEvent(SampleEvent(kNul)));
  EXPECT_FALSE(CheckEvent(SampleEvent(std::string(4097, 'x'))));
}

TEST(Names, RoundTrip) {
  for (const auto source :
       {Source::kServer, Source::kEdge, Source::kCli, Source::kOnDevice, Source::kShadow, Source::kTest}) {
    EXPECT_FALSE(SourceName(source).empty());
    EXPECT_EQ(ParseSource(SourceName(source)), source);
  }
  for (const auto kind : {ServiceEventKind::kLoaded, ServiceEventKind::kRefused, ServiceEventKind::kSwapped,
                          ServiceEventKind::kDrained, ServiceEventKind::kWithdrawn, ServiceEventKind::kPermitted}) {
    EXPECT_FALSE(ServiceEventKindName(kind).empty());
    EXPECT_EQ(ParseServiceEventKind(ServiceEventKindName(kind)), kind);
  }
  EXPECT_EQ(ParseSource("Server"), std::nullopt);
  EXPECT_EQ(ParseServiceEventKind(""), std::nullopt);
}

}  // namespace
}  // namespace lotmark::records
