// Hashing beside copying: a second thread hashes one piece while the caller writes it and reads the next.
//
// Why: hashing 512 MiB takes about as long as writing them; one after the other would double the time of `add`.
// Alternative rejected: hashing what was written by reading it again, which hashes other bytes than those copied
// whenever the source changes in between.
//
// Thread safety: all methods are for the one thread that owns it; the thread inside touches only submitted pieces.
#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <thread>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace lotmark::fs {

class HashThread {
 public:
  static constexpr size_t kPieceBytes = 1 << 20;
  static constexpr size_t kPieces = 4;

  // kMachine when the system gives no more threads.
  static Result<std::unique_ptr<HashThread>> Start();
  // Waits for the piece being hashed; the rest is dropped.
  ~HashThread();

  HashThread(const HashThread&) = delete;
  HashThread& operator=(const HashThread&) = delete;

  // The next free piece, to be filled; waits until the thread is done with it.
  std::span<uint8_t> NextPiece();
  // Hands over the first `size` bytes of the piece got last. The caller may go on reading them until it calls
  // NextPiece() again, but must not change them.
  void Submit(size_t size);
  // The digest of all submitted bytes. REQUIRES: called once, nothing submitted after it.
  Digest Finish();

 private:
  HashThread() = default;
  void Run();

  // Pieces are used in turn: number n lives in pieces_[n % kPieces].
  std::array<Bytes, kPieces> pieces_;
  std::array<size_t, kPieces> sizes_{};
  Sha256 hasher_;  // the thread's own until it has ended

  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t submitted_ = 0;  // guarded by mutex_
  uint64_t hashed_ = 0;     // guarded by mutex_
  bool finish_ = false;     // guarded by mutex_: end once all submitted is hashed
  bool abandon_ = false;    // guarded by mutex_: end now

  std::thread thread_;
};

}  // namespace lotmark::fs
