// A thread for requests that read the disk or the database, so that they never block the network's thread.
//
// Thread safety: Post from any thread.
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
  ~ReadThread();  // runs what is queued, then ends
  ReadThread(const ReadThread&) = delete;
  ReadThread& operator=(const ReadThread&) = delete;

  // False when too many tasks are waiting.
  [[nodiscard]] bool Post(Task task);

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
