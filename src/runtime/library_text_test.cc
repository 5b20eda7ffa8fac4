#include "runtime/library_text.h"

#include <gtest/gtest.h>

namespace lotmark::runtime {
namespace {

TEST(LibraryText, ShortensPathsToTheirLastComponent) {
  EXPECT_EQ(LibraryText("/src/core/graph/model.cc:179 Model::Model(const T&) failed"),
            "model.cc:179 Model::Model(const T&) failed");
  EXPECT_EQ(LibraryText("cannot open \"/srv/derm/weights.bin\" [errno=2]"), "cannot open \"weights.bin\" [errno=2]");
  EXPECT_EQ(LibraryText("file=/srv/a/b"), "file=b");
}

TEST(LibraryText, IsOnePrintableLineOfBoundedLength) {
  EXPECT_EQ(LibraryText("first\n  second\t\tthird \n"), "first second third");
  EXPECT_EQ(LibraryText("red \x1b[31m"), "red \\x1b[31m");
  EXPECT_LE(LibraryText(std::string(5000, 'x'), 300).size(), 310u);
  EXPECT_EQ(LibraryText(""), "");
}

}  // namespace
}  // namespace lotmark::runtime
