// Waits for something to change in a folder, or for a while, or to be woken.
//
// Why: the service polls the pointer every second, which works on every file system; inotify only makes a local change
// quicker to notice (it is silent on NFS), so every failure of inotify is ignored.
//
// Thread safety: Wait on one thread; Wake from any.
#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace lotmark::serve {

class FolderWatch {
 public:
  // Watches `path`; when it cannot be watched, Wait simply waits.
  explicit FolderWatch(const std::string& path);
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  // Returns after a change, after Wake, or after `timeout`, whichever comes first.
  void Wait(std::chrono::milliseconds timeout);
  void Wake();

 private:
  int inotify_ = -1;
  int wake_ = -1;
};

}  // namespace lotmark::serve
