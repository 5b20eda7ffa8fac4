// The rules that hold for whatever a crash or a fault leaves of a scenario.
#pragma once

#include <string>

#include "govern/testing/scenario.h"

namespace lotmark::govern {

// "" when `machine`, after a crash or a fault, obeys every rule; else what is wrong. Recovers `machine`.
// - readers that come first find a pointer that was ever meant, and the version it names whole;
// - recovery succeeds; the state is then exactly old or new: the `acknowledged` commands are done, of the next one all
// or
//   nothing is. What is done, and with it every event, is the state: an event is there if and only if its change is;
// - every file verifies; nothing is left over; what was there before is there;
// - a second recovery changes not one byte;
// - the commands that were not acknowledged can then be run again, and lead to the last state.
std::string CheckAfterwards(const Scenario& scenario, fs::MemFs& machine, size_t acknowledged);

// What is on the disk, random ids made equal: machines of one scenario with equal fingerprints need one check.
std::string Fingerprint(const fs::MemFs& machine);

}  // namespace lotmark::govern
