// One limit on the memory that all images being decoded at a time take together.
//
// Why: an image within its own limits may still take half a gigabyte, and as many are decoded at once as there are
// workers. The header tells what an image will take before any pixel is allocated (image::DecodeMemoryNeed); a worker
// reserves that, decodes, and gives it back before the model runs.
// Why waiting, not refusing: decoding takes a fraction of a second, so what does not fit now soon will, and the
// caller's retry would only send the image again. Beyond the request's own deadline it is kBusy, as in the queue
// before.
//
// Invariant: reservations never exceed the limit. They are granted in the order of asking, so a large image is not
// overtaken for ever. No deadlock: who holds a reservation decodes and waits for nothing; nobody holds two.
// Thread safety: all functions may be called from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>

#include "base/result.h"

namespace lotmark::classify {

class DecodeMemory {
 public:
  // Enough for the largest image within image::DecodeLimits' defaults.
  static constexpr uint64_t kDefaultLimit = uint64_t{640} << 20;

  explicit DecodeMemory(uint64_t limit = kDefaultLimit) : limit_(limit) {}
  DecodeMemory(const DecodeMemory&) = delete;
  DecodeMemory& operator=(const DecodeMemory&) = delete;

  // Gives the memory back when it goes. The DecodeMemory must outlive it.
  class Reservation {
   public:
    Reservation(DecodeMemory& memory, uint64_t bytes) : memory_(&memory), bytes_(bytes) {}
    Reservation(Reservation&& other) noexcept : memory_(other.memory_), bytes_(other.bytes_) {
      other.memory_ = nullptr;
    }
    Reservation& operator=(Reservation&&) = delete;
    ~Reservation() {
      if (memory_ != nullptr) memory_->GiveBack(bytes_);
    }

   private:
    DecodeMemory* memory_;
    uint64_t bytes_;
  };

  // Waits its turn and until the bytes fit. kTooLarge: more than the limit, so they never would; kBusy: the deadline
  // came first. REQUIRES: the calling thread holds no other reservation.
  Result<Reservation> Reserve(uint64_t bytes, std::chrono::steady_clock::time_point deadline);

  struct Stats {
    uint64_t limit = 0;
    uint64_t reserved = 0;
    uint64_t peak = 0;  // the most that was reserved at a time
    size_t waiting = 0;
  };
  Stats stats() const;

 private:
  void GiveBack(uint64_t bytes);

  const uint64_t limit_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::deque<uint64_t> line_;  // tickets of those who wait, in order
  uint64_t next_ticket_ = 0;
  uint64_t reserved_ = 0;
  uint64_t peak_ = 0;
};

}  // namespace lotmark::classify
