// Reads the fields of one protobuf message, bounds checked at every step. Only the wire format; it knows no schema.
//
// Why our own: all we ask of a model file before the library sees it is which other files it names; that needs 60
// lines, not a protobuf library and generated code. https://protobuf.dev/programming-guides/encoding/
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace lotmark::runtime_onnx {

enum class WireType { kVarint, kBytes, kOther };

struct Field {
  uint32_t number = 0;
  WireType type = WireType::kOther;
  uint64_t varint = 0;  // of kVarint
  ByteView bytes;       // of kBytes; borrows the message
};

class ProtobufReader {
 public:
  // `message` must outlive the reader.
  explicit ProtobufReader(ByteView message) : rest_(message) {}

  // The next field; nothing at the end. kRefused: the bytes are not a protobuf message. Groups, a form that ONNX has
  // never used, are refused too.
  Result<std::optional<Field>> Next();

 private:
  Result<uint64_t> ReadVarint();
  Result<ByteView> Take(uint64_t size);

  ByteView rest_;
};

}  // namespace lotmark::runtime_onnx
