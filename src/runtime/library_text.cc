#include "runtime/library_text.h"

#include "base/encoding.h"

namespace lotmark::runtime {
namespace {

bool EndsWord(char c) { return std::string_view(" \t\r\n\"'`()[]{}<>,;=").find(c) != std::string_view::npos; }

std::string OnOneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

std::string LibraryText(std::string_view text, size_t max_bytes) {
  const std::string line = OnOneLine(text);
  std::string out;
  size_t word = 0;  // where the current word starts in `out`
  for (const char c : line) {
    out += c;
    if (EndsWord(c)) {
      word = out.size();
    } else if (c == '/') {
      out.resize(word);
    }
  }
  return Printable(out, max_bytes);
}

}  // namespace lotmark::runtime
