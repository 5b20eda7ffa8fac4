#include "base/ids.h"

#include <algorithm>

#include "base/encoding.h"

namespace lotmark::internal {
namespace {

bool IsAlnum(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

Status CheckId(std::string_view kind, std::string_view text) {
  const auto refuse = [&](const std::string& why) {
    return Refused("'" + Printable(text, 80) + "' is not a " + std::string(kind) + ": " + why);
  };
  if (text.empty()) return refuse("it is empty");
  if (text.size() > 64) return refuse("it has more than 64 characters");
  if (!IsAlnum(text.front())) return refuse("it must begin with a letter or a digit");
  for (char c : text) {
    if (!IsAlnum(c) && c != '.' && c != '_' && c != '-') {
      return refuse("only letters, digits, '.', '_' and '-' are allowed");
    }
  }
  return Ok();
}

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return Lower(x) == Lower(y); });
}

}  // namespace lotmark::internal
