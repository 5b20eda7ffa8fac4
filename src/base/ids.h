// Names of models and versions: validated once, then carried as types.
//
// The alphabet `[A-Za-z0-9][A-Za-z0-9._-]{0,63}` makes every id a safe file name and URL path segment. Two ids that
// differ only in case are the same id: a volume may be copied to a file system that folds case.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lotmark {

namespace internal {
// kRefused names `kind` ("model name", "version") and says which rule `text` breaks.
Status CheckId(std::string_view kind, std::string_view text);
bool EqualIgnoringCase(std::string_view a, std::string_view b);
}  // namespace internal

template <typename Tag>
class Id {
 public:
  static Result<Id> Parse(std::string_view text) {
    LOTMARK_RETURN_IF_ERROR(internal::CheckId(Tag::kKind, text));
    return Id(std::string(text));
  }

  const std::string& text() const { return text_; }
  bool CollidesWith(const Id& other) const { return internal::EqualIgnoringCase(text_, other.text_); }
  auto operator<=>(const Id&) const = default;

 private:
  explicit Id(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

struct ModelNameTag {
  static constexpr std::string_view kKind = "model name";
};
struct VersionTag {
  static constexpr std::string_view kKind = "version";
};

using ModelName = Id<ModelNameTag>;
using Version = Id<VersionTag>;

}  // namespace lotmark
