// An owned file descriptor, and the retry that every interruptible system call needs.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace lotmark::fs {

// Closes on destruction. Not thread-safe to reassign; safe to read from several threads.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  ~UniqueFd() { Reset(-1); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  void Reset(int fd) {
    // The caller's errno matters more than what close could say of a descriptor nobody waits for.
    const int saved = errno;
    if (fd_ >= 0) ::close(fd_);
    errno = saved;
    fd_ = fd;
  }

  int fd_ = -1;
};

// Repeats a system call while a signal interrupts it.
template <typename Call>
auto Retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace lotmark::fs
