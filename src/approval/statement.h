// in-toto statements (version 1): "about the thing with this digest, this is said".
//
// Include this in .cc files only (base/json.h is heavy).
#pragma once

#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/json.h"
#include "base/result.h"

namespace lotmark::approval {

constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
constexpr std::string_view kStatementMediaType = "application/vnd.in-toto+json";

// Here always about exactly one subject.
struct Statement {
  std::string subject_name;
  Digest subject_sha256;
  std::string predicate_type;
  Json predicate;  // an object
};

// Strict: members that in-toto does not define, several subjects and digests of other kinds are refused.
Result<Statement> ParseStatement(std::string_view json);
std::string FormatStatement(const Statement& statement);

}  // namespace lotmark::approval
