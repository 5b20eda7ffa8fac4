#include "api/range.h"

#include <gtest/gtest.h>

#include <string>

namespace lotmark::api {
namespace {

std::string Text(const Slice& slice) {
  switch (slice.kind) {
    case Slice::Kind::kWhole:
      return "whole " + std::to_string(slice.size);
    case Slice::Kind::kPart:
      return std::to_string(slice.offset) + "+" + std::to_string(slice.size);
    case Slice::Kind::kUnsatisfiable:
      return "none";
  }
  return "";
}

TEST(ChooseSlice, TakesOneRange) {
  const struct {
    const char* range;
    const char* slice;  // of 1,000 bytes
  } kCases[] = {
      {"bytes=0-0", "0+1"},
      {"bytes=0-499", "0+500"},
      {"bytes=500-999", "500+500"},
      {"bytes=500-", "500+500"},
      {"bytes=999-", "999+1"},
      {"bytes=0-", "0+1000"},
      {"bytes=-1", "999+1"},
      {"bytes=-1000", "0+1000"},
      {"bytes=-5000", "0+1000"},
      {"bytes=990-5000", "990+10"},
      {"BYTES=1-2", "1+2"},
      {"bytes= 1-2\t", "1+2"},
      {"bytes=0001-0002", "1+2"},
      {"bytes=1-18446744073709551615", "1+999"},
      {"bytes=1-99999999999999999999999", "1+999"},
      {"bytes=-99999999999999999999999", "0+1000"},
      {"bytes=1000-", "none"},
      {"bytes=1000-1000", "none"},
      {"bytes=99999999999999999999999-", "none"},
      {"bytes=-0", "none"},
  };
  for (const auto& test : kCases) EXPECT_EQ(Text(ChooseSlice(test.range, 1000)), test.slice) << test.range;
}

TEST(ChooseSlice, IgnoresWhatItDoesNotUnderstand) {
  for (const char* range : {"",
                            "bytes",
                            "bytes=",
                            "bytes=-",
                            "bytes=5",
                            "bytes=5-4",
                            "bytes=a-",
                            "bytes=-a",
                            "bytes=0x1-2",
                            "bytes=+1-2",
                            "bytes=1 - 2",
                            "bytes=1--2",
                            "bytes=--1",
                            "bytes=0-0,5-9",
                            "bytes=0-0, -1",
                            "bytes=,",
                            "items=0-1",
                            "bytes =0-1",
                            " bytes=0-1",
                            "bytes=1.0-2",
                            "0-1",
                            "bytes:0-1",
                            "bytes=18446744073709551615-0"}) {
    EXPECT_EQ(Text(ChooseSlice(range, 1000)), "whole 1000") << range;
  }
}

TEST(ChooseSlice, NothingOfAnEmptyFileCanBeAPart) {
  for (const char* range : {"bytes=0-", "bytes=0-0", "bytes=-1"}) EXPECT_EQ(Text(ChooseSlice(range, 0)), "none");
  EXPECT_EQ(Text(ChooseSlice("", 0)), "whole 0");
}

TEST(ChooseSlice, KnowsLargeFiles) {
  EXPECT_EQ(Text(ChooseSlice("bytes=5000000000-", 5'000'000'001)), "5000000000+1");
  EXPECT_EQ(Text(ChooseSlice("bytes=0-18446744073709551614", UINT64_MAX)), "0+18446744073709551615");
}

TEST(NamesEtag, FindsItInAList) {
  for (const char* header : {R"("abc")", R"( "abc" )", R"("x", "abc")", R"("x","abc","y")", R"("x,y", "abc")", "*",
                             R"("x" , W/"y" ,"abc")"}) {
    EXPECT_TRUE(NamesEtag(header, R"("abc")", Comparison::kStrong)) << header;
    EXPECT_TRUE(NamesEtag(header, R"("abc")", Comparison::kWeak)) << header;
  }
  for (const char* header : {"", R"("ab")", "abc", R"("abc)", R"(abc")", R"("ABC")", R"("x,"abc"")", R"(w/"abc")",
                             R"("x" y "abc")", R"("* ")", R"("abcd")", "W/", "\""}) {
    EXPECT_FALSE(NamesEtag(header, R"("abc")", Comparison::kWeak)) << header;
  }
}

TEST(NamesEtag, AWeakTagIsEqualOnlyWeakly) {
  EXPECT_TRUE(NamesEtag(R"(W/"abc")", R"("abc")", Comparison::kWeak));
  EXPECT_FALSE(NamesEtag(R"(W/"abc")", R"("abc")", Comparison::kStrong));
  EXPECT_TRUE(NamesEtag(R"(W/"abc", "abc")", R"("abc")", Comparison::kStrong));
}

}  // namespace
}  // namespace lotmark::api
