#include "runtime_onnx/onnx_external_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime_onnx/testing/fixtures.h"

namespace lotmark::runtime_onnx {
namespace {

using ::testing::ElementsAre;
using testing::Fixture;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// One length-delimited protobuf field; `bytes` shorter than 16 KiB.
std::string FieldOf(uint32_t number, const std::string& bytes) {
  std::string out;
  for (const size_t value : {static_cast<size_t>(number << 3 | 2), bytes.size()}) {
    size_t rest = value;
    for (; rest >= 0x80; rest >>= 7) out += static_cast<char>(rest | 0x80);
    out += static_cast<char>(rest);
  }
  return out + bytes;
}

std::string Location(const std::string& text) { return FieldOf(13, FieldOf(1, "location") + FieldOf(2, text)); }
const std::string kIsExternal = "\x70\x01";  // data_location = EXTERNAL

std::string ErrorOf(const std::string& model) {
  const auto found = FindExternalData(AsBytes(model));
  return found ? "accepted" : found.error().text;
}

TEST(FindExternalData, FindsNothingInAModelThatHoldsItsWeights) {
  const auto found = FindExternalData(Fixture("colours.onnx"));
  ASSERT_TRUE(found) << found.error().text;
  EXPECT_THAT(*found, IsEmpty());
}

TEST(FindExternalData, NamesTheFileOfAnInitializer) {
  const auto found = FindExternalData(Fixture("external.onnx"));
  ASSERT_TRUE(found) << found.error().text;
  EXPECT_THAT(*found, ElementsAre("weights.bin"));
}

TEST(FindExternalData, RefusesDataWhereTheLibraryWouldReadTheDisk) {
  for (const char* name : {"external_in_subgraph.onnx", "external_in_attribute.onnx"}) {
    SCOPED_TRACE(name);
    const auto found = FindExternalData(Fixture(name));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::kRefused);
    EXPECT_THAT(found.error().text, HasSubstr("external data: hidden.bin: named by a tensor that is not"));
  }
}

TEST(FindExternalData, RefusesEveryOtherRoadToATensor) {
  const std::string tensor = Location("x.bin") + kIsExternal;
  const std::string sparse = FieldOf(1, tensor);
  const std::string graph = FieldOf(5, tensor);
  const std::string node = FieldOf(5, FieldOf(5, tensor));
  const std::vector<std::string> models = {
      FieldOf(7, FieldOf(15, sparse)),                          // sparse initializer
      FieldOf(7, FieldOf(15, FieldOf(2, tensor))),              // its indices
      FieldOf(7, FieldOf(1, node)),                             // attribute of a node
      FieldOf(7, FieldOf(1, FieldOf(5, FieldOf(10, tensor)))),  // list of tensors
      FieldOf(7, FieldOf(1, FieldOf(5, FieldOf(6, graph)))),    // subgraph
      FieldOf(7, FieldOf(1, FieldOf(5, FieldOf(11, graph)))),   // list of subgraphs
      FieldOf(7, FieldOf(1, FieldOf(5, FieldOf(22, sparse)))),  // sparse attribute
      FieldOf(7, FieldOf(1, FieldOf(5, FieldOf(23, sparse)))),  // list of them
      FieldOf(20, FieldOf(1, graph)),
      FieldOf(20, FieldOf(2, graph)),  // training
      FieldOf(25, FieldOf(7, node)),
      FieldOf(25, FieldOf(11, FieldOf(5, tensor))),  // function
  };
  for (size_t i = 0; i < models.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_THAT(ErrorOf(models[i]), HasSubstr("external data: x.bin: named by"));
  }
}

TEST(FindExternalData, JudgesPiecesOfATensorTheStricterWay) {
  const auto graph_of = [](const std::string& tensor) { return FieldOf(7, FieldOf(5, tensor)); };
  const auto merged = FindExternalData(AsBytes(graph_of(Location("a")) + graph_of(Location("b") + kIsExternal)));
  ASSERT_TRUE(merged) << merged.error().text;
  EXPECT_THAT(*merged, ElementsAre("a", "b"));
  EXPECT_THAT(ErrorOf(graph_of(kIsExternal)), HasSubstr("does not say in which file"));
}

TEST(FindExternalData, RefusesAMemoryAddressAsAFile) {
  const auto found = FindExternalData(Fixture("external_memory.onnx"));
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().text, HasSubstr("a memory address instead of a file"));
}

TEST(FindExternalData, BoundsTheNesting) {
  std::string graph = FieldOf(5, Location("deep.bin"));
  for (int i = 0; i < 40; ++i) graph = FieldOf(1, FieldOf(5, FieldOf(6, graph)));
  EXPECT_THAT(ErrorOf(FieldOf(7, graph)), HasSubstr("nested deeper than 64"));
}

TEST(FindExternalData, RefusesBytesThatAreNoProtobuf) {
  EXPECT_THAT(ErrorOf("hello, this is a text"), HasSubstr("not a usable ONNX model"));
  EXPECT_THAT(ErrorOf("\x80"), HasSubstr("ends within a number"));
  EXPECT_THAT(ErrorOf(std::string(11, '\xff')), HasSubstr("more than 10 bytes"));
  EXPECT_THAT(ErrorOf("\x3a\x05x"), HasSubstr("longer than what holds it"));
  EXPECT_THAT(ErrorOf(std::string("\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11)), HasSubstr("longer than"));
  EXPECT_THAT(ErrorOf(std::string("\xba\x80\x80\x80\x80\x80\x01\x00", 8)), HasSubstr("impossible number"));
  EXPECT_THAT(ErrorOf(std::string("\x00\x00", 2)), HasSubstr("impossible number"));
  EXPECT_THAT(ErrorOf("\x3b\x3c"), HasSubstr("impossible type"));
}

// Nothing to expect but an answer: under the sanitizers a read out of bounds ends the test.
TEST(FindExternalData, AnswersForEveryCutAndEveryFlippedBit) {
  for (const char* name : {"external.onnx", "external_in_subgraph.onnx"}) {
    const Bytes model = Fixture(name);
    size_t refused = 0;
    for (size_t length = 0; length < model.size(); ++length) {
      const Bytes cut(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(length));
      refused += FindExternalData(cut) ? 0 : 1;
    }
    EXPECT_GT(refused, model.size() / 2) << name;
    for (size_t bit = 0; bit < model.size() * 8; ++bit) {
      Bytes flipped = model;
      flipped[bit / 8] = static_cast<uint8_t>(flipped[bit / 8] ^ (1u << bit % 8));
      const auto found = FindExternalData(flipped);
      EXPECT_TRUE(found || found.error().code == ErrorCode::kRefused) << "bit " << bit;
    }
  }
}

}  // namespace
}  // namespace lotmark::runtime_onnx
