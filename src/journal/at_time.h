// Which version was the desired one at a moment in the past: a pure function of the events.
//
// Events are ordered by their index; their times are what the clock of that day said. Where no clock ever stepped back,
// the answer is the last pointer move at or before the moment. Where one did, the clock may have shown that moment more
// than once, and every version that was desired at one of these is a candidate: nobody can tell any more which.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "journal/event.h"

namespace lotmark::journal {

// The places in an ordered list of times where the clock can have shown `at`: after the first p of them, when these end
// at or before it and the next one is later. One place when the times never step back; never none.
std::vector<size_t> PlacesOf(UtcTime at, const std::vector<UtcTime>& times);

// The event by which a version was the desired one; nothing: no version was.
using DesiredBy = std::optional<Event>;

// The candidates, each version once, in order of the events; never empty. More than one: a clock stepped back, or the
// moment lies between the intent of a command that died and the event of its recovery (or the intent is still open),
// when the pointer had moved or not. `events`: of all models, by index: each of them says what the clock was.
std::vector<DesiredBy> DesiredAt(const std::vector<Event>& events, const ModelName& model, UtcTime at);

}  // namespace lotmark::journal
