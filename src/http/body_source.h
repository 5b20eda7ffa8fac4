// The body of a response that is too large to hold in memory: the server reads it piece by piece while it sends.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"

namespace lotmark::http {

// Thread safety: the server makes one call at a time, but each on another of its reading threads, where it may block
// (not on the I/O thread). Destroyed when the response is sent or the client has gone, on any thread.
class BodySource {
 public:
  virtual ~BodySource() = default;
  // Promised to the client before the first byte, so it must not change.
  virtual uint64_t size() const = 0;
  // Reads into `out` what lies at `offset` and returns how many bytes that were; none or an error means that the
  // promise cannot be kept: the client gets 500, or a broken connection where the response has already begun.
  // Tells the operator itself; must not throw.
  virtual Result<size_t> ReadAt(uint64_t offset, std::span<uint8_t> out) = 0;

  // Where the body lies, when it is a part of an open file that ReadAt reads too: then it need not pass through memory.
  struct FilePart {
    int descriptor = -1;  // the source's own, open as long as that lives
    uint64_t offset = 0;  // in the file, of the body's first byte
  };
  virtual std::optional<FilePart> file() const { return std::nullopt; }
};

}  // namespace lotmark::http
