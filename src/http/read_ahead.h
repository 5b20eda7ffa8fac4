// Reads a streamed body one piece ahead of the socket, so that neither waits for the other and a cold disk never holds
// up the I/O thread.
//
// Invariant: at most one read is under way, into the piece that is not being sent; two pieces are all the memory that a
// response of any size takes.
// Lifetime: a read under way keeps this, and so the source, until it returns; the connection may go before that.
// Thread safety: none; used on the I/O thread. Only the read itself runs on a reading thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>

#include "base/bytes.h"
#include "http/body_source.h"

namespace lotmark::http {

constexpr uint64_t kPieceBytes = 256 * 1024;

class ReadAhead : public std::enable_shared_from_this<ReadAhead> {
 public:
  // Reads the bytes from `begin` up to `end` of the body. `wake` is called on the I/O thread after each read. `readers`
  // and `io` must outlive every read.
  ReadAhead(std::shared_ptr<BodySource> source, uint64_t begin, uint64_t end, boost::asio::thread_pool& readers,
            boost::asio::io_context& io, std::function<void()> wake);

  // Begins the first read. REQUIRES: called once.
  void Start();
  bool reading() const { return reading_; }
  // The next piece, valid until the following call; begins the read of the one behind it. Empty at `end`;
  // an error ends it early. REQUIRES: Start() was called, !reading().
  Result<ByteView> Take();

 private:
  void StartRead();
  void Finish(Result<size_t> count);

  const std::shared_ptr<BodySource> source_;
  boost::asio::thread_pool& readers_;
  boost::asio::io_context& io_;
  const std::function<void()> wake_;
  const uint64_t end_;
  uint64_t offset_;  // behind what is in `next_`
  Bytes current_;    // being sent
  Bytes next_;       // being read
  Result<size_t> next_size_ = size_t{0};
  bool reading_ = false;
};

}  // namespace lotmark::http
