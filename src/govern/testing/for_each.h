// Runs a body for each of n things, on as many threads as there are processors.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace lotmark::govern {

inline void ForEachInParallel(size_t n, const std::function<void(size_t)>& body) {
  std::atomic<size_t> next = 0;
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < std::max(1U, std::thread::hardware_concurrency()); ++t) {
    threads.emplace_back([&] {
      for (size_t i = next++; i < n; i = next++) body(i);
    });
  }
}

}  // namespace lotmark::govern
