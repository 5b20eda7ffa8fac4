#include "http/file_sender.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "http/broken_pipe.h"

namespace lotmark::http {
namespace {

// Much more than a socket takes at once, and little enough that a cold disk soon lets the reading thread go.
constexpr uint64_t kMostAtOnce = 4 << 20;

}  // namespace

FileSender::FileSender(std::shared_ptr<BodySource> source, uint64_t offset, int socket,
                       boost::asio::thread_pool& readers, boost::asio::io_context& io, std::function<void()> wake)
    : source_(std::move(source)),
      socket_(::fcntl(socket, F_DUPFD_CLOEXEC, 0)),
      readers_(readers),
      io_(io),
      wake_(std::move(wake)),
      size_(source_->size()),
      offset_(offset) {}

FileSender::~FileSender() {
  if (socket_ >= 0) ::close(socket_);
}

void FileSender::Start() {
  busy_ = true;
  boost::asio::post(readers_, [self = shared_from_this()]() mutable {
    const Attempt attempt = self->Send();
    boost::asio::io_context& io = self->io_;
    boost::asio::post(io, [self = std::move(self), attempt] {
      self->busy_ = false;
      self->outcome_ = attempt.outcome;
      self->offset_ += attempt.sent;
      self->wake_();
    });
  });
}

FileSender::Attempt FileSender::Send() {
  if (socket_ < 0) return {Outcome::kReadInstead};
  BlockBrokenPipe();
  const BodySource::FilePart file = *source_->file();
  auto position = static_cast<off_t>(file.offset + offset_);
  const ssize_t sent = ::sendfile(socket_, file.descriptor, &position, std::min(kMostAtOnce, size_ - offset_));
  if (sent > 0) return {Outcome::kSent, static_cast<uint64_t>(sent)};
  const int error = sent < 0 ? errno : 0;
  if (error == EAGAIN || error == EINTR) return {Outcome::kSocketFull};
  if (error == EPIPE || error == ECONNRESET) return {Outcome::kClientGone};
  return {Outcome::kReadInstead};
}

}  // namespace lotmark::http
