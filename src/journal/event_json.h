// One event as the text of its journal entry, and back (doc/volume.md "The journal").
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "journal/event.h"

namespace lotmark::journal {

// One line without a newline. Every event that CheckEvent accepts comes back equal from ParseEvent.
std::string FormatEvent(const Event& event);

// kRefused: not an event by the rules of the page, or of a kind that this program does not know.
Result<Event> ParseEvent(std::string_view text);

// The rules that hold for one event by itself: which fields its kind has, and the length of its texts.
Status CheckEvent(const Event& event);

}  // namespace lotmark::journal
