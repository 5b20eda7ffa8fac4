#include "base/clock.h"
#include "manifest/field.h"
#include "manifest/parse.h"

namespace lotmark::manifest {
namespace {

constexpr size_t kMaxLabelBytes = 128;

template <typename IdType>
Result<IdType> ParseId(const std::string& text, std::string_view field) {
  auto id = IdType::Parse(text);
  if (!id) return Prefixed(std::string(field), std::move(id).error());
  return id;
}

template <typename IdType>
Result<IdType> RequiredId(const JsonObject& root, std::string_view field) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string text, root.RequiredString(field));
  return ParseId<IdType>(text, field);
}

Result<std::string> RequiredText(const JsonObject& root, std::string_view field) {
  LOTMARK_ASSIGN_OR_RETURN(auto text, root.RequiredString(field));
  if (text.empty()) return Refused(root.PathOf(field) + " is empty");
  return text;
}

Result<std::string> RequiredDate(const JsonObject& root, std::string_view field) {
  LOTMARK_ASSIGN_OR_RETURN(auto text, root.RequiredString(field));
  if (text.size() != 10 || !ParseUtc(text + "T00:00:00Z")) {
    return Refused(root.PathOf(field) + ": '" + Printable(text, 40) + "' is not a date such as 2026-02-21");
  }
  return text;
}

Result<std::optional<Version>> ParsePreviousVersion(const JsonObject& root, const Version& version) {
  static constexpr std::string_view kField = "previous_version";
  if (root.Has(kField) && root.json().at(std::string(kField)).is_null()) return std::optional<Version>();
  LOTMARK_ASSIGN_OR_RETURN(const auto text, root.OptionalString(kField));
  if (!text) return std::optional<Version>();
  LOTMARK_ASSIGN_OR_RETURN(auto previous, ParseId<Version>(*text, kField));
  if (previous.CollidesWith(version)) return Refused("previous_version: '" + *text + "' is this version itself");
  return std::optional(std::move(previous));
}

Result<std::map<std::string, double>> ParseAccuracy(const JsonObject& root) {
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject object, root.RequiredObject("accuracy"));
  std::map<std::string, double> accuracy;
  for (const auto& [name, value] : object.json().items()) {
    LOTMARK_RETURN_IF_ERROR(CheckLabel(name, kMaxLabelBytes, "accuracy: the name"));
    LOTMARK_ASSIGN_OR_RETURN(accuracy[name], object.RequiredNumber(name));
  }
  return accuracy;
}

Result<std::vector<std::string>> ParseClasses(const JsonObject& root) {
  LOTMARK_ASSIGN_OR_RETURN(const Json* array, root.OptionalArray("classes"));
  if (array == nullptr) return std::vector<std::string>();
  LOTMARK_ASSIGN_OR_RETURN(auto classes, Strings(*array, "classes"));
  if (classes.size() < 2 || classes.size() > 10000) {
    return Refused("classes: " + std::to_string(classes.size()) + " entries: there must be 2 to 10,000");
  }
  std::map<std::string, size_t> seen;
  for (size_t i = 0; i < classes.size(); ++i) {
    LOTMARK_RETURN_IF_ERROR(CheckLabel(classes[i], kMaxLabelBytes, ElementPath("classes", i)));
    const auto [first, is_new] = seen.emplace(classes[i], i);
    if (!is_new) {
      return Refused(ElementPath("classes", i) + ": '" + classes[i] + "' stands at " +
                     ElementPath("classes", first->second) + " already");
    }
  }
  return classes;
}

Result<std::optional<EmbeddingSpec>> ParseEmbedding(const JsonObject& root) {
  LOTMARK_ASSIGN_OR_RETURN(const auto object, root.OptionalObject("embedding"));
  if (!object) return std::optional<EmbeddingSpec>();
  EmbeddingSpec embedding;
  LOTMARK_ASSIGN_OR_RETURN(embedding.output, RequiredLabel(*object, "output", 512));
  LOTMARK_ASSIGN_OR_RETURN(embedding.length, IntegerBetween(*object, "length", 1, 65536));
  return std::optional(std::move(embedding));
}

Result<std::optional<Golden>> ParseOptionalGolden(const JsonObject& root) {
  LOTMARK_ASSIGN_OR_RETURN(const auto object, root.OptionalObject("golden"));
  if (!object) return std::optional<Golden>();
  LOTMARK_ASSIGN_OR_RETURN(auto golden, ParseGolden(*object));
  return std::optional(std::move(golden));
}

}  // namespace

Result<ManifestFields> ParseFields(const JsonObject& root) {
  LOTMARK_ASSIGN_OR_RETURN(auto model_name, RequiredId<ModelName>(root, "model_name"));
  LOTMARK_ASSIGN_OR_RETURN(auto version, RequiredId<Version>(root, "version"));
  ManifestFields fields{.model_name = std::move(model_name), .version = std::move(version)};
  LOTMARK_ASSIGN_OR_RETURN(fields.training_dataset, RequiredText(root, "training_dataset"));
  LOTMARK_ASSIGN_OR_RETURN(fields.export_date, RequiredDate(root, "export_date"));
  LOTMARK_ASSIGN_OR_RETURN(fields.source_framework, RequiredText(root, "source_framework"));
  LOTMARK_ASSIGN_OR_RETURN(fields.artifacts, ParseFormats(root));
  LOTMARK_ASSIGN_OR_RETURN(fields.accuracy, ParseAccuracy(root));
  LOTMARK_ASSIGN_OR_RETURN(fields.previous_version, ParsePreviousVersion(root, fields.version));
  LOTMARK_ASSIGN_OR_RETURN(fields.classes, ParseClasses(root));
  LOTMARK_ASSIGN_OR_RETURN(fields.embedding, ParseEmbedding(root));
  LOTMARK_ASSIGN_OR_RETURN(fields.golden, ParseOptionalGolden(root));
  return fields;
}

}  // namespace lotmark::manifest
