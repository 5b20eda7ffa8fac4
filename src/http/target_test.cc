#include "http/target.h"

#include <gtest/gtest.h>

namespace lotmark::http {
namespace {

TEST(Target, DecodesThePathOnceAndLeavesTheQuery) {
  struct Case {
    const char *text, *path, *query;
  };
  for (const Case& good :
       {Case{"/", "/", ""}, Case{"/a/b", "/a/b", ""}, Case{"/a%20b?c=%20&d", "/a b", "c=%20&d"},
        Case{"/%41%C3%a4", "/A\xc3\xa4", ""}, Case{"/%252e%252e", "/%2e%2e", ""}, Case{"/a?b?c", "/a", "b?c"},
        Case{"/?", "/", ""}, Case{"/..a/.b/c..", "/..a/.b/c..", ""}, Case{"/a+b", "/a+b", ""}, Case{"//", "//", ""},
        Case{"*", "*", ""}, Case{"http://h", "/", ""}, Case{"http://h:1/p%41?q", "/pA", "q"}}) {
    const auto target = ParseTarget(good.text);
    ASSERT_TRUE(target) << good.text << ": " << target.error().text;
    EXPECT_EQ(target->path, good.path);
    EXPECT_EQ(target->query, good.query);
  }
}

TEST(Target, RefusesWhatTwoReadersCouldReadInTwoWays) {
  for (const char* bad :
       {"",          "a",      "a/b",    "?q",   "*a",      "ftp://h/p", "h:80",    "http://h?q", "/%",
        "/%4",       "/%4g",   "/%g4",   "/%-1", "/%00",    "/a%0ab",    "/%7f",    "/%1f",       "/a\\b",
        "/a%5Cb",    "/a%2fb", "/a%2Fb", "/..",  "/../a",   "/a/..",     "/a/../b", "/.",         "/a/./b",
        "/%2e%2e/a", "/.%2e",  "/a/%2E", "/%ff", "/%c0%ae", "/\xff",     "/a#b"}) {
    const auto target = ParseTarget(bad);
    ASSERT_FALSE(target) << bad;
    EXPECT_EQ(target.error().code, ErrorCode::kRefused);
  }
}

}  // namespace
}  // namespace lotmark::http
