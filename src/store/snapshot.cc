#include "store/snapshot.h"

#include "store/pointer.h"

namespace lotmark::store {
namespace {

constexpr int kTries = 10;

std::string Disagreement(const std::optional<Version>& pointer, const std::optional<Version>& by_events) {
  if (pointer == by_events) return "";
  return "the pointer names " + (pointer ? pointer->text() : "nothing") + ", the last event says " +
         (by_events ? by_events->text() : "nothing") + ": it was moved by hand";
}

PointerReading ReadOnePointer(const Reader& reader, const journal::VolumeHistory& history, const ModelName& model) {
  const auto pointer = reader.ActiveVersion(model);
  if (!pointer) return {std::nullopt, pointer.error().text};
  // Between an intent and its end the two may rightly differ, but for a repair: it changes nothing of what events say.
  const auto& intent = history.open_intent;
  const bool moving = intent && intent->model == model && intent->kind != journal::EventKind::kRepairing;
  return {*pointer, moving ? "" : Disagreement(*pointer, history.ActiveByEvents(model))};
}

Result<Snapshot> ReadOnce(const Reader& reader) {
  Snapshot snapshot;
  LOTMARK_ASSIGN_OR_RETURN(snapshot.events, reader.History());
  LOTMARK_ASSIGN_OR_RETURN(snapshot.history, journal::FoldEvents(snapshot.events));
  const auto read = [&](const ModelName& model) {
    snapshot.pointers.insert_or_assign(model, ReadOnePointer(reader, snapshot.history, model));
  };
  read(reader.info().primary_model);
  for (const journal::RegisteredVersion& at : snapshot.history.registered) {
    if (!snapshot.pointers.contains(at.model)) read(at.model);
  }
  return snapshot;
}

}  // namespace

Result<Snapshot> TakeSnapshot(const Reader& reader) {
  for (int tries_left = kTries;; --tries_left) {
    LOTMARK_ASSIGN_OR_RETURN(Snapshot snapshot, ReadOnce(reader));
    LOTMARK_ASSIGN_OR_RETURN(const uint64_t count, reader.journal().Count());
    // A volume that changes this often is still best shown as it was a moment ago.
    if (count == snapshot.events.size() || tries_left == 0) return snapshot;
  }
}

}  // namespace lotmark::store
