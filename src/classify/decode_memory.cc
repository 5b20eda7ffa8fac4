#include "classify/decode_memory.h"

#include <fmt/format.h>

#include <algorithm>

namespace lotmark::classify {

Result<DecodeMemory::Reservation> DecodeMemory::Reserve(uint64_t bytes,
                                                        std::chrono::steady_clock::time_point deadline) {
  if (bytes > limit_) {
    return Error{ErrorCode::kTooLarge,
                 fmt::format("image: decoding it may take {} bytes of memory: over the limit of {}", bytes, limit_)};
  }
  std::unique_lock lock(mutex_);
  const uint64_t ticket = next_ticket_++;
  line_.push_back(ticket);
  const bool granted =
      changed_.wait_until(lock, deadline, [&] { return line_.front() == ticket && reserved_ + bytes <= limit_; });
  std::erase(line_, ticket);
  if (granted) {
    reserved_ += bytes;
    peak_ = std::max(peak_, reserved_);
  }
  changed_.notify_all();  // whoever is next may fit as well
  if (!granted) return Error{ErrorCode::kBusy, "too many large images are being decoded"};
  return Reservation(*this, bytes);
}

void DecodeMemory::GiveBack(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  reserved_ -= bytes;
  changed_.notify_all();
}

DecodeMemory::Stats DecodeMemory::stats() const {
  const std::lock_guard lock(mutex_);
  return {.limit = limit_, .reserved = reserved_, .peak = peak_, .waiting = line_.size()};
}

}  // namespace lotmark::classify
