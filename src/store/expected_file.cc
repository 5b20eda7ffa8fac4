#include "store/expected_file.h"

#include "base/encoding.h"

namespace lotmark::store {

std::string NameOf(const manifest::FileRef& ref) { return ref.field + ": " + Printable(ref.path); }

std::string SizeDifference(const manifest::FileRef& ref, uint64_t size) {
  if (!ref.size || *ref.size == size) return "";
  return "size differs: expected " + std::to_string(*ref.size) + " bytes, found " + std::to_string(size);
}

std::string DigestDifference(const Digest& expected, const Digest& found) {
  if (expected == found) return "";
  return "digest differs: expected " + expected.hex() + ", found " + found.hex();
}

std::string Difference(const manifest::FileRef& ref, const fs::HashedFile& found) {
  if (std::string wrong = SizeDifference(ref, found.size); !wrong.empty()) return wrong;
  if (!ref.sha256) return "no digest: the manifest does not say what its bytes are";
  return DigestDifference(*ref.sha256, found.sha256);
}

}  // namespace lotmark::store
