#include "http/read_ahead.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace lotmark::http {
ReadAhead::ReadAhead(std::shared_ptr<BodySource> source, uint64_t begin, uint64_t end,
                     boost::asio::thread_pool& readers, boost::asio::io_context& io, std::function<void()> wake)
    : source_(std::move(source)), readers_(readers), io_(io), wake_(std::move(wake)), end_(end), offset_(begin) {}

void ReadAhead::Start() { StartRead(); }

Result<ByteView> ReadAhead::Take() {
  LOTMARK_ASSIGN_OR_RETURN(const size_t count, next_size_);
  std::swap(current_, next_);
  StartRead();
  return ByteView(current_).first(count);
}

void ReadAhead::StartRead() {
  next_size_ = size_t{0};
  if (offset_ == end_) return;
  reading_ = true;
  next_.resize(static_cast<size_t>(std::min(kPieceBytes, end_ - offset_)));
  boost::asio::post(readers_, [self = shared_from_this()]() mutable {
    Result<size_t> count = self->source_->ReadAt(self->offset_, self->next_);
    boost::asio::io_context& io = self->io_;
    boost::asio::post(io,
                      [self = std::move(self), count = std::move(count)]() mutable { self->Finish(std::move(count)); });
  });
}

void ReadAhead::Finish(Result<size_t> count) {
  reading_ = false;
  next_size_ = std::move(count);
  if (next_size_ && *next_size_ == 0) next_size_ = MachineFailed("response body: it ended too early");
  if (next_size_) offset_ += *next_size_;
  wake_();
}

}  // namespace lotmark::http
