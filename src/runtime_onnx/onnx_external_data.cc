#include "runtime_onnx/onnx_external_data.h"

#include <fmt/format.h>

#include <optional>

#include "base/encoding.h"
#include "runtime_onnx/protobuf_reader.h"

namespace lotmark::runtime_onnx {
namespace {

constexpr int kMaxDepth = 64;

enum class Kind { kModel, kMainGraph, kGraph, kNode, kAttribute, kWeights, kTensor, kSparse, kFunction, kTraining };

// Field `number` of a `parent` holds a `child`: every road from a model to a tensor (onnx.proto3, IR version 11).
struct Road {
  Kind parent;
  uint32_t number;
  Kind child;
};
constexpr Road kRoads[] = {
    {Kind::kModel, 7, Kind::kMainGraph},   {Kind::kModel, 20, Kind::kTraining},
    {Kind::kModel, 25, Kind::kFunction},   {Kind::kTraining, 1, Kind::kGraph},
    {Kind::kTraining, 2, Kind::kGraph},    {Kind::kMainGraph, 1, Kind::kNode},
    {Kind::kMainGraph, 5, Kind::kWeights}, {Kind::kMainGraph, 15, Kind::kSparse},
    {Kind::kGraph, 1, Kind::kNode},        {Kind::kGraph, 5, Kind::kTensor},
    {Kind::kGraph, 15, Kind::kSparse},     {Kind::kNode, 5, Kind::kAttribute},
    {Kind::kFunction, 7, Kind::kNode},     {Kind::kFunction, 11, Kind::kAttribute},
    {Kind::kAttribute, 5, Kind::kTensor},  {Kind::kAttribute, 6, Kind::kGraph},
    {Kind::kAttribute, 10, Kind::kTensor}, {Kind::kAttribute, 11, Kind::kGraph},
    {Kind::kAttribute, 22, Kind::kSparse}, {Kind::kAttribute, 23, Kind::kSparse},
    {Kind::kSparse, 1, Kind::kTensor},     {Kind::kSparse, 2, Kind::kTensor},
};

// TensorProto's fields.
constexpr uint32_t kExternalData = 13;
constexpr uint32_t kDataLocation = 14;

std::optional<Kind> ChildOf(Kind parent, uint32_t number) {
  for (const Road& road : kRoads) {
    if (road.parent == parent && road.number == number) return road.child;
  }
  return std::nullopt;
}

// The value of a StringStringEntryProto whose key is "location".
Result<std::optional<std::string>> LocationOf(ByteView entry) {
  std::string key, value;
  ProtobufReader reader(entry);
  while (true) {
    LOTMARK_ASSIGN_OR_RETURN(const auto field, reader.Next());
    if (!field) break;
    if (field->type != WireType::kBytes) continue;
    if (field->number == 1) key = AsText(field->bytes);
    if (field->number == 2) value = AsText(field->bytes);
  }
  if (key != "location") return std::optional<std::string>();
  return std::optional<std::string>(std::move(value));
}

class Walk {
 public:
  Status Message(ByteView bytes, Kind kind, int depth) {
    if (depth > kMaxDepth) return Refused(fmt::format("it is nested deeper than {} messages", kMaxDepth));
    if (kind == Kind::kWeights || kind == Kind::kTensor) return Tensor(bytes, kind);
    ProtobufReader reader(bytes);
    while (true) {
      LOTMARK_ASSIGN_OR_RETURN(const auto field, reader.Next());
      if (!field) return Ok();
      if (field->type != WireType::kBytes) continue;
      if (const auto child = ChildOf(kind, field->number)) {
        LOTMARK_RETURN_IF_ERROR(Message(field->bytes, *child, depth + 1));
      }
    }
  }

  std::set<std::string> TakeLocations() { return std::move(locations_); }

 private:
  // A stated location counts whatever data_location says: one message may come in pieces that the library merges, so
  // the pieces are judged one by one, and the stricter way.
  Status Tensor(ByteView bytes, Kind kind) {
    ProtobufReader reader(bytes);
    bool is_external = false, has_location = false;
    while (true) {
      LOTMARK_ASSIGN_OR_RETURN(const auto field, reader.Next());
      if (!field) break;
      if (field->number == kDataLocation && field->type == WireType::kVarint && field->varint != 0) is_external = true;
      if (field->number != kExternalData || field->type != WireType::kBytes) continue;
      LOTMARK_ASSIGN_OR_RETURN(const auto location, LocationOf(field->bytes));
      if (!location) continue;
      has_location = true;
      LOTMARK_RETURN_IF_ERROR(Add(*location, kind));
    }
    if (is_external && !has_location) return Refused("external data: a tensor does not say in which file its data lie");
    return Ok();
  }

  Status Add(const std::string& location, Kind kind) {
    if (kind != Kind::kWeights) {
      return Refused(
          fmt::format("external data: {}: named by a tensor that is not an initializer of the main graph, "
                      "so its bytes cannot be verified",
                      Printable(location)));
    }
    // ONNX Runtime's own mark for "the offset is an address in this process".
    if (location.starts_with("*/")) return Refused("external data: a tensor names a memory address instead of a file");
    locations_.insert(location);
    return Ok();
  }

  std::set<std::string> locations_;
};

}  // namespace

Result<std::set<std::string>> FindExternalData(ByteView model) {
  Walk walk;
  if (auto status = walk.Message(model, Kind::kModel, 1); !status) {
    return Prefixed("not a usable ONNX model", std::move(status).error());
  }
  return walk.TakeLocations();
}

}  // namespace lotmark::runtime_onnx
