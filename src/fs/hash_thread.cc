#include "fs/hash_thread.h"

#include <string>
#include <system_error>

namespace lotmark::fs {

Result<std::unique_ptr<HashThread>> HashThread::Start() {
  std::unique_ptr<HashThread> started(new HashThread);
  try {
    started->thread_ = std::thread(&HashThread::Run, started.get());
  } catch (const std::system_error& failure) {
    return MachineFailed("cannot start a thread: for hashing: " + std::string(failure.what()));
  }
  return started;
}

HashThread::~HashThread() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    abandon_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::span<uint8_t> HashThread::NextPiece() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return submitted_ - hashed_ < kPieces; });
  Bytes& piece = pieces_[submitted_ % kPieces];
  // Not before it is needed: a small file needs two pieces.
  if (piece.empty()) piece.resize(kPieceBytes);
  return piece;
}

void HashThread::Submit(size_t size) {
  {
    const std::lock_guard lock(mutex_);
    sizes_[submitted_ % kPieces] = size;
    ++submitted_;
  }
  changed_.notify_all();
}

Digest HashThread::Finish() {
  {
    const std::lock_guard lock(mutex_);
    finish_ = true;
  }
  changed_.notify_all();
  thread_.join();
  return hasher_.Finish();
}

void HashThread::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return abandon_ || finish_ || hashed_ < submitted_; });
    if (abandon_ || hashed_ == submitted_) return;
    const size_t slot = hashed_ % kPieces;
    const ByteView piece(pieces_[slot].data(), sizes_[slot]);
    lock.unlock();
    hasher_.Update(piece);
    lock.lock();
    ++hashed_;
    changed_.notify_all();
  }
}

}  // namespace lotmark::fs
