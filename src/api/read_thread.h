// A thread for requests that read the disk or the database, so that they never block the network's thread.
//
// Thread safety: Post from any thread. A task must not throw.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace lotmark::api {

class ReadThread {
 public:
  using Task = std::function<void()>;

  explicit ReadThread(size_t max_queue);
  ~ReadThread() { Stop(); }
  ReadThread(const ReadThread&) = delete;
  ReadThread& operator=(const ReadThread&) = delete;

  // False when too many tasks are waiting, or after Stop.
  [[nodiscard]] bool Post(Task task);
  // Runs what is queued, then ends the thread. REQUIRES: not called by a task, nor by two threads at once.
  void Stop();

 private:
  void Run();

  const size_t max_queue_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Task> queue_;  // guarded by mutex_
  bool stopping_ = false;   // guarded by mutex_
  std::thread thread_;
};

}  // namespace lotmark::api
