#include "manifest/artifact.h"

#include <utility>

namespace lotmark::manifest {
namespace {

constexpr std::pair<Format, std::string_view> kFormats[] = {
    {Format::kOnnx, "onnx"}, {Format::kTensorRt, "tensorrt"}, {Format::kTflite, "tflite"}};
constexpr std::pair<ElementType, std::string_view> kElementTypes[] = {
    {ElementType::kFloat32, "float32"}, {ElementType::kUint8, "uint8"}, {ElementType::kInt8, "int8"}};

template <typename T, size_t N>
std::string_view NameOf(T wanted, const std::pair<T, std::string_view> (&table)[N]) {
  for (const auto& [value, name] : table) {
    if (value == wanted) return name;
  }
  return "unknown";
}

}  // namespace

std::string_view FormatName(Format format) { return NameOf(format, kFormats); }

std::optional<Format> ParseFormat(std::string_view name) {
  for (const auto& [format, its_name] : kFormats) {
    if (its_name == name) return format;
  }
  return std::nullopt;
}

std::string_view ElementTypeName(ElementType type) { return NameOf(type, kElementTypes); }

}  // namespace lotmark::manifest
