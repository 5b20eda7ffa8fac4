#include "journal/at_time.h"

#include <algorithm>

namespace lotmark::journal {
namespace {

// A repair changes nothing of what is desired.
bool Moves(const Event& event) { return IsPointerIntent(event.kind) && event.kind != EventKind::kRepairing; }

// `intent` is the event before `event`. An abandoned move is none.
bool Completes(const Event& intent, const Event& event) {
  return Moves(intent) && (event.kind == DoneOf(intent.kind) ||
                           (event.kind == EventKind::kRecovered && event.outcome == Outcome::kCompleted));
}

// What is desired once the pointer has moved as `intent` says; `event` tells of it.
DesiredBy After(const Event& intent, const Event& event) {
  return intent.kind == EventKind::kStopping ? DesiredBy() : DesiredBy(event);
}

bool SameVersion(const DesiredBy& a, const DesiredBy& b) {
  return a.has_value() == b.has_value() && (!a || a->version == b->version);
}

// Of two events that made the same version desired, the later one that is not after the moment.
void AddCandidate(std::vector<DesiredBy>& candidates, const DesiredBy& found, UtcTime at) {
  const auto known =
      std::find_if(candidates.begin(), candidates.end(), [&](const DesiredBy& one) { return SameVersion(one, found); });
  if (known == candidates.end()) {
    candidates.push_back(found);
  } else if (found && found->time <= at) {
    candidates.erase(known);
    candidates.push_back(found);
  }
}

}  // namespace

std::vector<size_t> PlacesOf(UtcTime at, const std::vector<UtcTime>& times) {
  std::vector<size_t> places;
  for (size_t place = 0; place <= times.size(); ++place) {
    const bool begun = place == 0 || times[place - 1] <= at;
    const bool ended = place < times.size() && times[place] <= at;
    if (begun && !ended) places.push_back(place);
  }
  return places;
}

std::vector<DesiredBy> DesiredAt(const std::vector<Event>& events, const ModelName& model, UtcTime at) {
  std::vector<UtcTime> times;
  for (const Event& event : events) times.push_back(event.time);
  std::vector<DesiredBy> candidates;
  DesiredBy desired;
  size_t place = 0;
  for (const size_t found : PlacesOf(at, times)) {
    for (; place < found; ++place) {
      if (place > 0 && events[place].model == model && Completes(events[place - 1], events[place])) {
        desired = After(events[place - 1], events[place]);
      }
    }
    AddCandidate(candidates, desired, at);
    if (place == 0 || events[place - 1].model != model || !Moves(events[place - 1])) continue;
    // Right after an intent: the pointer had not moved yet, unless the command died there, or may have.
    const bool open = place == events.size();
    const bool recovered = !open && events[place].kind == EventKind::kRecovered;
    if (open || (recovered && Completes(events[place - 1], events[place]))) {
      AddCandidate(candidates, After(events[place - 1], events[open ? place - 1 : place]), at);
    }
  }
  return candidates;
}

}  // namespace lotmark::journal
