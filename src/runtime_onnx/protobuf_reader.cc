#include "runtime_onnx/protobuf_reader.h"

#include <limits>

namespace lotmark::runtime_onnx {

Result<uint64_t> ProtobufReader::ReadVarint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (rest_.empty()) return Refused("it ends within a number");
    const uint8_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return Refused("it holds a number of more than 10 bytes");
}

Result<ByteView> ProtobufReader::Take(uint64_t size) {
  if (size > rest_.size()) return Refused("a field is longer than what holds it");
  const ByteView taken = rest_.first(static_cast<size_t>(size));
  rest_ = rest_.subspan(static_cast<size_t>(size));
  return taken;
}

Result<std::optional<Field>> ProtobufReader::Next() {
  if (rest_.empty()) return std::optional<Field>();
  LOTMARK_ASSIGN_OR_RETURN(const uint64_t tag, ReadVarint());
  // Other readers cut a longer tag to 32 bits and so see another field than we would.
  if (tag > std::numeric_limits<uint32_t>::max() || tag >> 3 == 0) return Refused("a field has an impossible number");

  Field field;
  field.number = static_cast<uint32_t>(tag >> 3);
  switch (tag & 7) {
    case 0: {
      field.type = WireType::kVarint;
      LOTMARK_ASSIGN_OR_RETURN(field.varint, ReadVarint());
      break;
    }
    case 1: {
      LOTMARK_RETURN_IF_ERROR(Take(8));
      break;
    }
    case 2: {
      field.type = WireType::kBytes;
      LOTMARK_ASSIGN_OR_RETURN(const uint64_t size, ReadVarint());
      LOTMARK_ASSIGN_OR_RETURN(field.bytes, Take(size));
      break;
    }
    case 5: {
      LOTMARK_RETURN_IF_ERROR(Take(4));
      break;
    }
    default:
      return Refused("a field has an impossible type");
  }
  return std::optional<Field>(field);
}

}  // namespace lotmark::runtime_onnx
