// Text tables and JSON forms of what the volume holds, for the reading commands.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "journal/event.h"
#include "manifest/golden.h"
#include "store/status.h"
#include "store/verification.h"

namespace lotmark::cli {

// Columns padded to their widest cell, two spaces apart; widths count characters, not bytes.
std::string Table(const std::vector<std::vector<std::string>>& rows);

// "412.3 KiB", "17.0 MiB": for people.
std::string HumanSize(uint64_t bytes);

// "6 (origin training, tolerance 0.0001)"
std::string GoldenText(const std::optional<manifest::Golden>& golden);

Json EventJson(const journal::Event& event);
Json SummaryJson(const store::VersionSummary& summary);
Json ModelStatusJson(const store::ModelStatus& status);
Json FileReportJson(const store::FileReport& report);

}  // namespace lotmark::cli
