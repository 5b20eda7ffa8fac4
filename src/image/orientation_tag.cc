// Finds the orientation tag in EXIF and XMP bytes. Every read is checked against the end: the bytes are a stranger's.
#include <algorithm>
#include <string_view>

#include "image/orientation.h"

namespace lotmark::image {
namespace {

using namespace std::string_view_literals;

constexpr auto kExifPrefix = "Exif\0\0"sv;
constexpr uint32_t kOrientationTag = 0x0112;
constexpr size_t kEntryBytes = 12;

// TIFF bytes in the byte order that their first two letters name.
class TiffReader {
 public:
  TiffReader(ByteView bytes, bool little_endian) : bytes_(bytes), little_endian_(little_endian) {}

  // Unsigned integer of `size` bytes (at most 4); nothing where it would leave the bytes.
  std::optional<uint32_t> Read(size_t offset, size_t size) const {
    if (offset > bytes_.size() || bytes_.size() - offset < size) return std::nullopt;
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      const size_t at = little_endian_ ? size - 1 - i : i;
      value = value << 8 | bytes_[offset + at];
    }
    return value;
  }

 private:
  ByteView bytes_;
  bool little_endian_;
};

// Both orders of 42 are taken in either byte order, because some cameras write it wrongly and Pillow takes it too.
std::optional<TiffReader> OpenTiff(ByteView bytes) {
  const std::string_view head = AsText(bytes.first(std::min<size_t>(bytes.size(), 4)));
  const bool little = head == "II\x2a\0"sv || head == "II\0\x2a"sv;
  const bool big = head == "MM\0\x2a"sv || head == "MM\x2a\0"sv;
  if (!little && !big) return std::nullopt;
  return TiffReader(bytes, little);
}

// Bytes of one value, for the integer types that Pillow takes: SBYTE, SHORT, LONG, SSHORT, SLONG; 0 for all others.
size_t IntegerBytes(uint32_t type) {
  if (type == 6) return 1;
  if (type == 3 || type == 8) return 2;
  if (type == 4 || type == 9) return 4;
  return 0;
}

// The first value of the directory entry at `entry`: up to 4 bytes lie in the entry, more lie at an offset.
std::optional<uint32_t> FirstValue(const TiffReader& tiff, size_t entry) {
  const auto type = tiff.Read(entry + 2, 2);
  const auto count = tiff.Read(entry + 4, 4);
  if (!type || !count || *count == 0) return std::nullopt;
  const size_t size = IntegerBytes(*type);
  if (size == 0) return std::nullopt;
  const uint64_t total = uint64_t{*count} * size;
  if (total <= 4) return tiff.Read(entry + 8, size);
  const auto offset = tiff.Read(entry + 8, 4);
  if (!offset) return std::nullopt;
  // All values must be there, or the entry is damaged. An offset near 2^32 cannot wrap in 64 bits.
  if (!tiff.Read(static_cast<size_t>(*offset + total - 1), 1)) return std::nullopt;
  return tiff.Read(*offset, size);
}

}  // namespace

std::optional<uint32_t> ExifOrientationTag(ByteView exif) {
  for (int i = 0; i < 2 && AsText(exif).starts_with(kExifPrefix); ++i) exif = exif.subspan(kExifPrefix.size());
  const auto tiff = OpenTiff(exif);
  if (!tiff) return std::nullopt;
  const auto directory = tiff->Read(4, 4);
  if (!directory) return std::nullopt;
  const auto entries = tiff->Read(*directory, 2);
  if (!entries) return std::nullopt;
  std::optional<uint32_t> found;
  for (size_t i = 0; i < *entries; ++i) {
    const size_t entry = *directory + 2 + i * kEntryBytes;
    if (!tiff->Read(entry + kEntryBytes - 4, 4)) break;  // cut inside the directory: what came before counts
    if (tiff->Read(entry, 2) != kOrientationTag) continue;
    if (const auto value = FirstValue(*tiff, entry)) found = value;
  }
  return found;
}

std::optional<uint32_t> XmpOrientationTag(ByteView xmp) {
  constexpr auto kName = "tiff:Orientation"sv;
  std::string_view rest = AsText(xmp);
  for (size_t at = rest.find(kName); at != rest.npos; at = rest.find(kName)) {
    rest.remove_prefix(at + kName.size());
    std::string_view value = rest;
    if (value.starts_with("=\""sv)) {
      value.remove_prefix(2);
    } else if (value.starts_with('>')) {
      value.remove_prefix(1);
    } else {
      continue;
    }
    if (!value.empty() && value.front() >= '0' && value.front() <= '9') {
      return static_cast<uint32_t>(value.front() - '0');
    }
  }
  return std::nullopt;
}

}  // namespace lotmark::image
