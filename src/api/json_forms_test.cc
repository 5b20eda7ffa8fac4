#include "api/json_forms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/openapi.h"
#include "records/testing/sample_rows.h"
#include "serve/testing/fake_volume.h"

namespace lotmark::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What openapi.json says of a value, as far as it is used there: "" when `value` obeys `schema`, else where it does
// not.
std::string Mismatch(const Json& document, Json schema, const Json& value, const std::string& where) {
  if (schema.contains("$ref")) {
    schema = document.at(Json::json_pointer(schema["$ref"].get<std::string>().substr(1)));
  }
  const Json types = !schema.contains("type")    ? Json::array()
                     : schema["type"].is_array() ? schema["type"]
                                                 : Json::array({schema["type"]});
  bool fits = types.empty();
  for (const Json& type : types) {
    fits = fits || (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
           (type == "string" && value.is_string()) || (type == "integer" && value.is_number_integer()) ||
           (type == "number" && value.is_number()) || (type == "boolean" && value.is_boolean()) ||
           (type == "null" && value.is_null());
  }
  if (!fits) return where + ": is " + value.dump() + ", not " + types.dump();
  if (schema.contains("enum") &&
      std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
    return where + ": " + value.dump() + " is not one of " + schema["enum"].dump();
  }
  for (const Json& name : schema.value("required", Json::array())) {
    if (!value.contains(name.get<std::string>())) return where + ": lacks " + name.dump();
  }
  if (value.is_array() && schema.contains("items")) {
    for (const Json& element : value) {
      if (auto wrong = Mismatch(document, schema["items"], element, where + "[]"); !wrong.empty()) return wrong;
    }
  }
  if (!value.is_object() || !schema.contains("properties")) return "";
  for (const auto& [name, member] : value.items()) {
    if (!schema["properties"].contains(name)) return where + ": has " + name + ", which is not documented";
    auto wrong = Mismatch(document, schema["properties"][name], member, where + "." + name);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

std::string Mismatch(const std::string& schema, const Json& value) {
  const auto document = ParseJson(OpenApiJson());
  EXPECT_TRUE(document) << document.error().text;
  return Mismatch(*document, (*document)["components"]["schemas"][schema], value, schema);
}

TEST(ClassificationReply, IsTheDocumentedOne) {
  const auto row = records::SampleRow();
  const Json reply = ClassificationReply(row, true);
  EXPECT_EQ(Mismatch("Classification", reply), "");
  EXPECT_EQ(reply["id"], row.id.text());
  EXPECT_EQ(reply["model_name"], "lesion_cnn_demo");
  EXPECT_EQ(reply["model_version"], "2024-v1");
  EXPECT_EQ(reply["manifest_sha256"], row.manifest_sha256.hex());
  EXPECT_EQ(reply["top_class"], "nevus");
  EXPECT_EQ(reply["replayed"], true);
  EXPECT_EQ(reply["quality"]["warnings"], Json::array({"sharpness 4.2 is below 20"}));
}

TEST(ClassificationReply, PrintsProbabilitiesAsTheFloatsTheyAre) {
  const auto row = records::SampleRow();
  const std::string text = DumpJson(ClassificationReply(row, false));
  EXPECT_THAT(text, HasSubstr(R"("confidence":0.7,)"));
  EXPECT_THAT(text, HasSubstr(R"({"label":"melanoma","probability":0.1})"));
  for (const float value : {0.0f, 1.0f, 1e-38f, 1e-45f, 0.33333334f, 0.99999994f}) {
    auto other = row;
    other.probabilities[0] = value;
    const auto printed = ParseJson(DumpJson(ClassificationReply(other, false)));
    EXPECT_EQ((*printed)["classes"][0]["probability"].get<float>(), value);
  }
}

TEST(ClassificationReply, RanksTheTopThreeAndKeepsTheManifestsOrderAmongEquals) {
  auto row = records::SampleRow();
  row.classes = {"a", "b", "c", "d"};
  row.probabilities = {0.25f, 0.125f, 0.375f, 0.25f};
  const Json reply = ClassificationReply(row, false);
  std::string top, all;
  for (const Json& entry : reply["top3"]) top += entry["label"].get<std::string>();
  for (const Json& entry : reply["classes"]) all += entry["label"].get<std::string>();
  EXPECT_EQ(top, "cad");
  EXPECT_EQ(all, "abcd");
  row.classes.resize(2);
  row.probabilities.resize(2);
  EXPECT_EQ(ClassificationReply(row, false)["top3"].size(), 2u);
}

TEST(FullRow, IsTheDocumentedOneWithoutReferences) {
  const auto row = records::SampleRow();
  const Json json = FullRow(row);
  EXPECT_EQ(Mismatch("Row", json), "");
  EXPECT_FALSE(json.contains("replayed"));
  EXPECT_EQ(json["runtime"]["options"]["graph_optimization"], "all") << "an object, not text";
  EXPECT_EQ(json["source"], "test");
  for (const char* reference : {"image-1", "patient-1", "encounter-1", "left forearm"}) {
    EXPECT_THAT(DumpJson(json), Not(HasSubstr(reference)));
  }
}

TEST(ServiceEventJson, SaysWhatHappened) {
  const Json json = ServiceEventJson(records::SampleEvent("v2 -> v3"));
  EXPECT_EQ(json["event"], "swapped");
  EXPECT_EQ(json["reason"], "v2 -> v3");
  EXPECT_EQ(json["manifest_sha256"], Sha256Of("manifest").hex());
  auto event = records::SampleEvent("");
  event.manifest_sha256.reset();
  EXPECT_TRUE(ServiceEventJson(event)["manifest_sha256"].is_null());
}

TEST(HealthReport, IsTheDocumentedOneInEveryState) {
  serve::KeeperState state;
  state.desired = state.active = serve::testing::IdentityOf(*serve::testing::MakeModel("v1"));
  EXPECT_EQ(Mismatch("Health", HealthReport(state, "clinic-1", false)), "");
  EXPECT_EQ(HealthReport(state, "clinic-1", false)["status"], "ok");
  EXPECT_EQ(HealthReport(state, "clinic-1", true)["status"], "draining");

  state.desired = state.loading = serve::testing::IdentityOf(*serve::testing::MakeModel("v2"));
  state.last_failure = serve::LoadFailure{state.desired, "golden differs", SystemClock().Now()};
  const Json degraded = HealthReport(state, "clinic-1", false);
  EXPECT_EQ(Mismatch("Health", degraded), "");
  EXPECT_EQ(degraded["status"], "degraded");
  EXPECT_EQ(degraded["in_sync"], false);
  EXPECT_EQ(degraded["desired"]["model_version"], "v2");
  EXPECT_EQ(degraded["active"]["model_version"], "v1");
  EXPECT_EQ(degraded["last_failure"]["reason"], "golden differs");

  state.desired = state.active;
  state.last_failure->identity.reset();  // the pointer cannot be read
  EXPECT_EQ(HealthReport(state, "clinic-1", false)["status"], "degraded");
  EXPECT_TRUE(HealthReport(state, "clinic-1", false)["last_failure"]["version"].is_null());

  state.last_failure.reset();
  state.previous_kept = state.loading;
  state.desired.reset();
  state.withdrawn = serve::WithdrawnVersion{*state.active, "was rolled back from", {}, false};
  const Json leaving = HealthReport(state, "clinic-1", false);
  EXPECT_EQ(Mismatch("Health", leaving), "");
  EXPECT_EQ(leaving["status"], "degraded");
  EXPECT_TRUE(leaving["desired"].is_null());
  EXPECT_EQ(leaving["previous_kept"]["model_version"], "v2");
  EXPECT_EQ(leaving["withdrawn"]["version"]["model_version"], "v1");
  EXPECT_EQ(leaving["withdrawn"]["reason"], "was rolled back from");
  EXPECT_EQ(leaving["withdrawn"]["refusing"], false);
  state.withdrawn->refusing = true;
  EXPECT_EQ(HealthReport(state, "clinic-1", false)["status"], "withdrawn");
  EXPECT_EQ(HealthReport(state, "clinic-1", true)["status"], "draining");
}

}  // namespace
}  // namespace lotmark::api
