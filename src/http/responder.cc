#include "http/responder.h"

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <utility>

namespace lotmark::http {
namespace {

class ReplyOnce {
 public:
  ReplyOnce(std::shared_ptr<boost::asio::io_context> io, std::weak_ptr<Connection> connection)
      : io_(std::move(io)), connection_(std::move(connection)) {}
  ~ReplyOnce() {
    if (!given_) Give(ErrorResponse(500, "internal", "the request was dropped without an answer"));
  }
  ReplyOnce(const ReplyOnce&) = delete;
  ReplyOnce& operator=(const ReplyOnce&) = delete;

  void Give(Response response) {
    if (given_.exchange(true)) return;
    // The connection is looked up on the I/O thread, so it is never destroyed on another.
    boost::asio::dispatch(*io_, [connection = std::move(connection_), answer = std::move(response)]() mutable {
      if (const auto alive = connection.lock()) alive->Deliver(std::move(answer));
    });
  }

 private:
  const std::shared_ptr<boost::asio::io_context> io_;
  std::weak_ptr<Connection> connection_;
  std::atomic<bool> given_ = false;
};

}  // namespace

Responder MakeResponder(std::shared_ptr<boost::asio::io_context> io, std::weak_ptr<Connection> connection) {
  auto reply = std::make_shared<ReplyOnce>(std::move(io), std::move(connection));
  return [reply = std::move(reply)](Response response) { reply->Give(std::move(response)); };
}

}  // namespace lotmark::http
