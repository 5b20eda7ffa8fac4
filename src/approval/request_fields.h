// Members that a request and a signed approval write alike.
//
// Include this in .cc files only (base/json.h is heavy).
#pragma once

#include "approval/request.h"
#include "base/json.h"

namespace lotmark::approval {

Result<Uuid> RequiredVolumeId(const JsonObject& object);
Result<ModelName> RequiredModel(const JsonObject& object);
Result<Version> RequiredVersion(const JsonObject& object);

Result<EvidenceSet> RequiredEvidence(const JsonObject& object);
Json EvidenceJson(const EvidenceSet& evidence);

Result<ReplacedPolicy> RequiredReplaces(const JsonObject& object);
Json ReplacesJson(const ReplacedPolicy& replaces);

}  // namespace lotmark::approval
