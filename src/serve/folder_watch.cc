#include "serve/folder_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstdint>

namespace lotmark::serve {
namespace {

// Empties a descriptor that does not block, so that the next poll waits again.
void Drain(int descriptor) {
  std::array<char, 4096> scratch;
  while (read(descriptor, scratch.data(), scratch.size()) > 0) {
  }
}

}  // namespace

FolderWatch::FolderWatch(const std::string& path)
    : inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (inotify_ >= 0) inotify_add_watch(inotify_, path.c_str(), IN_MOVED_TO | IN_CREATE | IN_DELETE);
}

FolderWatch::~FolderWatch() {
  if (inotify_ >= 0) close(inotify_);
  if (wake_ >= 0) close(wake_);
}

void FolderWatch::Wait(std::chrono::milliseconds timeout) {
  std::array<pollfd, 2> waiting{pollfd{inotify_, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};  // poll skips descriptor -1
  poll(waiting.data(), waiting.size(), static_cast<int>(timeout.count()));
  for (const pollfd& one : waiting) {
    if ((one.revents & POLLIN) != 0) Drain(one.fd);
  }
}

void FolderWatch::Wake() {
  const uint64_t one = 1;
  // The counter can only be full when a wake-up is pending already.
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

}  // namespace lotmark::serve
