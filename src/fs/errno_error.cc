#include "fs/errno_error.h"

#include <string>
#include <system_error>

#include "base/encoding.h"
#include "fs/path.h"

namespace lotmark::fs {
namespace {

struct Meaning {
  ErrorCode code;
  std::string why;
};

Meaning MeaningOf(int error_number) {
  switch (error_number) {
    case ENOENT:
      return {ErrorCode::kNotFound, "no such file or folder"};
    case EEXIST:
      return {ErrorCode::kConflict, "it exists already"};
    case ENOSPC:
      return {ErrorCode::kNoSpace, "no space left on the disk"};
    case EDQUOT:
      return {ErrorCode::kNoSpace, "the disk quota is used up"};
    case ELOOP:
      return {ErrorCode::kRefused, "symbolic links are not followed"};
    case ENOTDIR:
      return {ErrorCode::kRefused, "not a folder"};
    case EISDIR:
      return {ErrorCode::kRefused, "it is a folder"};
    case ENOTEMPTY:
      return {ErrorCode::kRefused, "the folder is not empty"};
    case ENAMETOOLONG:
      return {ErrorCode::kRefused, "the name is too long"};
    default:
      return {ErrorCode::kMachine, std::generic_category().message(error_number)};
  }
}

}  // namespace

Error ErrnoError(std::string_view what, std::string_view which, int error_number) {
  Meaning meaning = MeaningOf(error_number);
  return {meaning.code, std::string(what) + ": " + Printable(which, kMaxPathBytes) + ": " + meaning.why};
}

Error WrongKind(std::string_view wanted, std::string_view which, std::string_view found) {
  return Refused("not " + std::string(wanted) + ": " + Printable(which, kMaxPathBytes) + ": it is " +
                 std::string(found));
}

}  // namespace lotmark::fs
