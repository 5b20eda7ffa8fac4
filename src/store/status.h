// What a person asks a volume: which versions there are, which one is active, since when and why.
//
// All of it is derived from events and pointer, by the pure functions of history.h, from one consistent reading.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/ids.h"
#include "base/result.h"
#include "journal/history.h"
#include "store/reader.h"

namespace lotmark::store {

struct ModelStatus {
  ModelName model;
  size_t versions = 0;
  std::optional<Version> active = {};
  std::optional<Digest> active_manifest_sha256 = {};  // as registered
  // The event that made it active: absent when none is known.
  std::optional<journal::Event> active_event = {};
  std::optional<Version> rollback_target = {};  // where `rollback` would go
  std::string problem = {};                     // "" = none; else what is wrong with the pointer, for people
};

struct VolumeStatus {
  VolumeInfo info;
  std::vector<ModelStatus> models = {};  // the primary model first, then by name
  uint64_t events = 0;
  // The last event is an open intent: a command is at work this moment, or one died and the next one recovers.
  bool recovery_pending = false;
  journal::VolumeHistory history = {};  // that all of this was read from
};

Result<VolumeStatus> ReadStatus(const Reader& reader);

struct VersionSummary {
  ModelName model;
  Version version;
  journal::VersionState state = journal::VersionState::kRegistered;
  Digest manifest_sha256;  // as registered
  UtcTime registered_at;
  journal::Actor registered_by;
  // From the manifest; absent when `problem` is not empty.
  std::string export_date = {};
  std::map<std::string, double> accuracy = {};
  std::vector<std::string> formats = {};                     // the manifest's keys: "onnx", …
  std::optional<manifest::GoldenOrigin> golden_origin = {};  // nothing: no golden cases
  uint64_t bytes = 0;                                        // of all files the manifest names
  std::string problem = {};  // "" = none; else why the manifest cannot be read, for people
};

// All registered versions of `model`, in order of registration. Empty for a model that is not there.
Result<std::vector<VersionSummary>> ListRegistered(const Reader& reader, const ModelName& model);

}  // namespace lotmark::store
