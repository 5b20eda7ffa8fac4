#include "fs/errno_error.h"

#include <gtest/gtest.h>

namespace lotmark::fs {
namespace {

TEST(ErrnoError, GivesTheCodeThatCallersBranchOn) {
  const std::pair<int, ErrorCode> table[] = {
      {ENOENT, ErrorCode::kNotFound}, {EEXIST, ErrorCode::kConflict},   {ENOSPC, ErrorCode::kNoSpace},
      {EDQUOT, ErrorCode::kNoSpace},  {ELOOP, ErrorCode::kRefused},     {ENOTDIR, ErrorCode::kRefused},
      {EISDIR, ErrorCode::kRefused},  {ENOTEMPTY, ErrorCode::kRefused}, {EACCES, ErrorCode::kMachine},
      {EROFS, ErrorCode::kMachine},   {EIO, ErrorCode::kMachine},       {EMFILE, ErrorCode::kMachine},
  };
  for (const auto& [number, code] : table) EXPECT_EQ(ErrnoError("x", "y", number).code, code) << number;
}

TEST(ErrnoError, SaysWhatWhichWhyInPrintableText) {
  EXPECT_EQ(ErrnoError("cannot open", "/v/a\x1b[2J", EACCES).text, "cannot open: /v/a\\x1b[2J: Permission denied");
  EXPECT_EQ(WrongKind("a regular file", "/v/\n", "a folder").text, "not a regular file: /v/\\x0a: it is a folder");
}

}  // namespace
}  // namespace lotmark::fs
