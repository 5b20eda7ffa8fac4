#include "manifest/json_layout.h"

#include <algorithm>

#include "base/json.h"

namespace lotmark::manifest {
namespace {

class Locator {
 public:
  explicit Locator(std::string_view text) : text_(text) {}

  JsonNode Value() {
    SkipSpace();
    JsonNode node;
    node.begin = at_;
    switch (text_[at_]) {
      case '{':
        Members(node);
        break;
      case '[':
        Elements(node);
        break;
      case '"':
        SkipString();
        break;
      default:
        at_ = std::min(text_.find_first_of(" \t\r\n,]}", at_), text_.size());
    }
    node.end = at_;
    return node;
  }

 private:
  void SkipSpace() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  void SkipString() {
    ++at_;
    while (text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    ++at_;
  }

  // Steps over '{', '[' or ','; true when another entry follows, else past the end.
  bool Next(char closing) {
    SkipSpace();
    if (text_[at_] == closing) {
      ++at_;
      return false;
    }
    ++at_;
    const size_t entry = at_;
    SkipSpace();
    if (text_[at_] == closing) {
      ++at_;
      return false;
    }
    at_ = entry;
    return true;
  }

  void Members(JsonNode& object) {
    while (Next('}')) {
      JsonMember member;
      member.space_begin = at_;
      SkipSpace();
      member.key_begin = at_;
      SkipString();
      member.key_end = at_;
      member.key = KeyText(text_.substr(member.key_begin, member.key_end - member.key_begin));
      SkipSpace();
      ++at_;
      member.value = Value();
      object.members.push_back(std::move(member));
    }
  }

  void Elements(JsonNode& array) {
    while (Next(']')) array.elements.push_back(Value());
  }

  static std::string KeyText(std::string_view quoted) {
    const auto key = ParseJson(quoted);
    return key && key->is_string() ? key->get<std::string>() : std::string();
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

const JsonMember* JsonNode::Find(std::string_view key) const {
  const auto found = std::find_if(members.begin(), members.end(), [&](const JsonMember& m) { return m.key == key; });
  return found == members.end() ? nullptr : &*found;
}

JsonNode LocateJson(std::string_view json) { return Locator(json).Value(); }

std::string_view SpaceBeforeNextKey(std::string_view json, const JsonNode& object, const JsonMember& anchor) {
  const auto before = [&](const JsonMember& m) { return json.substr(m.space_begin, m.key_begin - m.space_begin); };
  if (object.members.size() > 1) return before(object.members[1]);
  if (before(anchor).find('\n') != std::string_view::npos) return before(anchor);
  return json[anchor.value.begin - 1] == ' ' ? " " : "";
}

}  // namespace lotmark::manifest
