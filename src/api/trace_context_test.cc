#include "api/trace_context.h"

#include <gtest/gtest.h>

namespace lotmark::api {
namespace {

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kSpan[] = "00f067aa0ba902b7";

TEST(ParseTraceparent, ReadsWhatTheStandardShows) {
  const auto sampled = ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  ASSERT_TRUE(sampled);
  EXPECT_EQ(sampled->trace_id, kTrace);
  EXPECT_EQ(sampled->span_id, kSpan);
  EXPECT_TRUE(sampled->sampled);
  EXPECT_EQ(sampled->Traceparent(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_FALSE(ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")->sampled);
  EXPECT_TRUE(ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0b")->sampled);
  EXPECT_FALSE(ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0a")->sampled);
}

TEST(ParseTraceparent, ReadsAHigherVersionAsThisOne) {
  for (const char* value : {"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes-later",
                            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-"}) {
    const auto parsed = ParseTraceparent(value);
    ASSERT_TRUE(parsed) << value;
    EXPECT_EQ(parsed->Traceparent(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") << value;
  }
}

TEST(ParseTraceparent, RefusesAllElse) {
  for (const char* value : {
           "",
           "00",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",       // no flags
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",     // half of them
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",  // more than version 00 has
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
           "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.x",
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",  // capitals
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "00-4bf92f3577b34da6a3ce929d0e0e473z-00f067aa0ba902b7-01",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-zz",
           " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
       }) {
    EXPECT_FALSE(ParseTraceparent(value)) << value;
  }
}

TEST(IsTracestate, KnowsTheGrammar) {
  for (const std::string& value :
       {std::string("rojo=00f067aa0ba902b7"), std::string("rojo=1,congo=t61rcWkgMzE"), std::string("a=1 , b=2\t,,c=3,"),
        std::string("fw529a3039@dt=FfAe"), std::string("0tenant@sys=x"), std::string("a_b-c*d/e=!~ x"),
        std::string(256, 'k') + "=v", "k=" + std::string(256, 'v')}) {
    EXPECT_TRUE(IsTracestate(value)) << value;
  }
  std::string many = "k0=0";
  for (int i = 1; i < 32; ++i) many += ",k" + std::to_string(i) + "=0";
  EXPECT_TRUE(IsTracestate(many));
  for (const std::string& value : {std::string(),
                                   std::string(","),
                                   std::string("rojo"),
                                   std::string("rojo="),
                                   std::string("=x"),
                                   std::string("Rojo=1"),
                                   std::string("0rojo=1"),
                                   std::string("a=1,a=2"),
                                   std::string("a=1=2"),
                                   std::string("a b=1"),
                                   std::string("a=\x01"),
                                   std::string("a=\xc3\xa4"),
                                   std::string("t@1sys=x"),
                                   std::string("@sys=x"),
                                   std::string("t@=x"),
                                   std::string("t@s@u=x"),
                                   std::string("t@fifteen-letters=x"),
                                   std::string(257, 'k') + "=v",
                                   "k=" + std::string(257, 'v'),
                                   many + ",k32=0"}) {
    EXPECT_FALSE(IsTracestate(value)) << value;
  }
}

TEST(NewTrace, MakesIdsThatAreValidAndDiffer) {
  const TraceContext first = NewTrace(), second = NewTrace();
  EXPECT_TRUE(ParseTraceparent(first.Traceparent()));
  EXPECT_FALSE(first.sampled);
  EXPECT_NE(first.trace_id, second.trace_id);
  EXPECT_NE(first.span_id, second.span_id);
}

TEST(NextSpan, KeepsTheTraceAndItsState) {
  const TraceContext caller{kTrace, kSpan, true, "a=1"};
  const TraceContext next = NextSpan(caller);
  EXPECT_EQ(next.trace_id, kTrace);
  EXPECT_NE(next.span_id, kSpan);
  EXPECT_TRUE(next.sampled);
  EXPECT_EQ(next.state, "a=1");
}

}  // namespace
}  // namespace lotmark::api
