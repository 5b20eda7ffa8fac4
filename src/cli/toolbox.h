// What the program is made of, handed in by apps/lotmark.cc, the only place that names concrete adapters.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "runtime/runtime.h"

namespace lotmark::cli {

struct Toolbox {
  std::string program_version;
  std::vector<const runtime::Runtime*> runtimes;  // those built in; each outlives the run
  Clock& clock;

  // nullptr when this program was built without a runtime for the format.
  const runtime::Runtime* RuntimeFor(manifest::Format format) const {
    for (const runtime::Runtime* one : runtimes) {
      if (one->format() == format) return one;
    }
    return nullptr;
  }
};

}  // namespace lotmark::cli
