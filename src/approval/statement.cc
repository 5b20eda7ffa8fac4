#include "approval/statement.h"

#include <fmt/format.h>

#include "base/json_field.h"

namespace lotmark::approval {
namespace {

constexpr std::string_view kWhyStrict = "what is signed means one thing only";
constexpr size_t kMaxNameBytes = 256;

}  // namespace

Result<Statement> ParseStatement(std::string_view json) {
  LOTMARK_ASSIGN_OR_RETURN(Json document, ParseJson(json, {.max_depth = 6}));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Of(document, ""));
  LOTMARK_RETURN_IF_ERROR(RefuseUnknownKeys(object, {"_type", "subject", "predicateType", "predicate"}, kWhyStrict));
  LOTMARK_ASSIGN_OR_RETURN(const std::string type, object.RequiredString("_type"));
  if (type != kStatementType) {
    return Refused(fmt::format("_type: '{}' is not {}", Printable(type, 80), kStatementType));
  }
  LOTMARK_ASSIGN_OR_RETURN(const Json* array, object.RequiredArray("subject"));
  LOTMARK_ASSIGN_OR_RETURN(const auto subjects, Objects(*array, "subject"));
  if (subjects.size() != 1) {
    return Refused(fmt::format("subject: {} of them: there must be exactly one", subjects.size()));
  }
  LOTMARK_RETURN_IF_ERROR(RefuseUnknownKeys(subjects[0], {"name", "digest"}, kWhyStrict));
  Statement statement;
  LOTMARK_ASSIGN_OR_RETURN(statement.subject_name, RequiredLabel(subjects[0], "name", kMaxNameBytes));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject digest, subjects[0].RequiredObject("digest"));
  LOTMARK_RETURN_IF_ERROR(RefuseUnknownKeys(digest, {"sha256"}, kWhyStrict));
  LOTMARK_ASSIGN_OR_RETURN(statement.subject_sha256, RequiredDigest(digest, "sha256"));
  LOTMARK_ASSIGN_OR_RETURN(statement.predicate_type, RequiredLabel(object, "predicateType", kMaxNameBytes));
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject predicate, object.RequiredObject("predicate"));
  statement.predicate = predicate.json();
  return statement;
}

std::string FormatStatement(const Statement& statement) {
  const Json subject{{"name", statement.subject_name}, {"digest", Json{{"sha256", statement.subject_sha256.hex()}}}};
  return DumpJson(Json{{"_type", kStatementType},
                       {"subject", Json::array({subject})},
                       {"predicateType", statement.predicate_type},
                       {"predicate", statement.predicate}});
}

}  // namespace lotmark::approval
