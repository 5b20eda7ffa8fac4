// A client that has gone must not end the process. Inside this room only.
#pragma once

#include <pthread.h>

#include <csignal>

namespace lotmark::http {

// For threads that write to sockets by calls without MSG_NOSIGNAL. The signal is for the thread that wrote, and stays
// pending there.
inline void BlockBrokenPipe() {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
}

}  // namespace lotmark::http
