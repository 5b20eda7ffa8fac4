#include "classify/verified_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "base/digest.h"
#include "base/encoding.h"

namespace lotmark::classify {
namespace {

constexpr uint64_t kPiece = 1 << 20;

// Grows by pieces that are hashed while they are still in the cache.
Result<Bytes> ReadHashing(fs::ReadableFile& file, uint64_t size, Sha256& hash) {
  Bytes bytes;
  bytes.reserve(size);
  while (bytes.size() < size) {
    const size_t begin = bytes.size();
    bytes.resize(begin + std::min(kPiece, size - begin));
    const std::span<uint8_t> piece = std::span(bytes).subspan(begin);
    LOTMARK_ASSIGN_OR_RETURN(const size_t read, file.ReadAt(begin, piece));
    hash.Update(piece.first(read));
    if (read == piece.size()) continue;
    bytes.resize(begin + read);
    break;  // it has become shorter; the digest will tell
  }
  return bytes;
}

Result<Bytes> ReadChecked(fs::Dir& folder, const manifest::FileRef& file, uint64_t max_bytes) {
  if (!file.sha256) return Refused("the manifest states no sha256");
  LOTMARK_ASSIGN_OR_RETURN(const auto open, folder.OpenFile(file.path));
  LOTMARK_ASSIGN_OR_RETURN(const uint64_t size, open->Size());
  if (file.size && *file.size != size) {
    return Refused(fmt::format("size: expected {} bytes, found {}", *file.size, size));
  }
  if (size > max_bytes) {
    return Error{ErrorCode::kTooLarge, fmt::format("size: {} bytes, at most {} are loaded", size, max_bytes)};
  }
  Sha256 hash;
  LOTMARK_ASSIGN_OR_RETURN(Bytes bytes, ReadHashing(*open, size, hash));
  const Digest found = hash.Finish();
  if (found != *file.sha256) {
    return Refused(fmt::format("sha256: expected {}, found {}", file.sha256->hex(), found.hex()));
  }
  return bytes;
}

}  // namespace

Result<Bytes> ReadVerified(fs::Dir& folder, const manifest::FileRef& file, uint64_t max_bytes) {
  try {
    auto bytes = ReadChecked(folder, file, max_bytes);
    if (!bytes) return Prefixed(Printable(file.path), std::move(bytes).error());
    return bytes;
  } catch (const std::bad_alloc&) {
    return MachineFailed(Printable(file.path) + ": not enough memory to load it");
  }
}

}  // namespace lotmark::classify
