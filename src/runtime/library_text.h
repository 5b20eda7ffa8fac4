// Makes the text of a third-party library fit for one of our errors.
#pragma once

#include <string>
#include <string_view>

namespace lotmark::runtime {

// `text` on one line, printable, at most `max_bytes` long, with every path shortened to its last component: a reply
// must not tell a caller where things lie on this host ("/src/core/model.cc:179" becomes "model.cc:179").
std::string LibraryText(std::string_view text, size_t max_bytes = 300);

}  // namespace lotmark::runtime
