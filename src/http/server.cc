#include "http/server.h"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <mutex>
#include <thread>

#include "http/broken_pipe.h"
#include "http/connection.h"
#include "http/listener.h"

namespace lotmark::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// As many as the limit of open files allows, less half (at most 256) for databases, models, logs, files being sent, and
// connections that are being refused.
size_t DeriveMaxConnections() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return 512;
  const rlim_t most = std::min<rlim_t>(files.rlim_cur, 1'000'000);
  return static_cast<size_t>(most - std::min<rlim_t>(most / 2, 256));
}

// Often enough that no timeout is late by more than a quarter of itself.
milliseconds SweepInterval(const Limits& limits) {
  const auto shortest = std::min({limits.handshake_timeout, limits.header_timeout, limits.body_timeout,
                                  limits.idle_timeout, limits.write_timeout});
  return std::clamp(shortest / 4, milliseconds(10), milliseconds(250));
}

class AsioServer final : public Server {
 public:
  AsioServer(const Options& options, Handler handler) : sweep_(*state_.io) {
    Adopt(options);
    state_.handler = std::move(handler);
    state_.on_refusal = options.on_refusal;
    state_.on_connection_gone = [this] { EndDrainIfDone(); };
  }

  ~AsioServer() override { Stop(milliseconds(0)); }

  Status Listen(const Options& options) {
    LOTMARK_ASSIGN_OR_RETURN(listener_, Listener::Open(options.host, options.port, state_));
    listener_->Start();
    asio::co_spawn(*state_.io, Sweep(), asio::detached);
    io_thread_ = std::thread([this] { RunIo(); });
    return Ok();
  }

  uint16_t port() const override { return listener_->port(); }

  void Apply(const Options& options) override {
    const std::lock_guard lock(stop_);
    if (!io_thread_.joinable()) return;
    std::promise<void> adopted;
    const std::future<void> done = adopted.get_future();
    asio::post(*state_.io, [this, &options, adopted = std::move(adopted)]() mutable {
      Adopt(options);
      adopted.set_value();
    });
    done.wait();
  }

  DrainReport Stop(milliseconds deadline) override {
    const std::lock_guard lock(stop_);
    if (!io_thread_.joinable()) return {};
    asio::post(*state_.io, [this] { BeginDrain(); });
    if (io_done_.get_future().wait_for(deadline) != std::future_status::ready) {
      asio::post(*state_.io, [this] { AbandonAll(); });
    }
    io_thread_.join();
    state_.readers.stop();
    state_.readers.join();
    return state_.drained;
  }

 private:
  void Adopt(const Options& options) {
    state_.limits = options.limits;
    state_.max_connections = options.max_connections > 0 ? options.max_connections : DeriveMaxConnections();
    state_.tls = options.tls;
  }

  // Ends when nothing is left to do: the listener closed, the sweep over, every connection gone.
  void RunIo() {
    ::pthread_setname_np(::pthread_self(), "lotmark-http");
    BlockBrokenPipe();  // TlsStream writes on this thread
    state_.io->run();
    io_done_.set_value();
  }

  asio::awaitable<void> Sweep() {
    while (!SweepDone()) {
      sweep_.expires_after(SweepInterval(state_.limits));
      co_await sweep_.async_wait(kAwait);
      const auto now = Connection::Clock::now();
      for (Connection* connection : state_.connections) connection->Expire(now);
    }
  }

  bool SweepDone() const { return state_.draining && state_.connections.empty(); }

  // Connections that are refused do not hold up the end, however many come: when no other is left, none is taken any
  // more.
  void EndDrainIfDone() {
    if (!state_.draining || state_.connections.size() > state_.refusing) return;
    listener_->Close();
    for (Connection* connection : state_.connections) connection->Hurry();
    if (SweepDone()) sweep_.cancel();
  }

  void BeginDrain() {
    state_.draining = true;
    listener_->BeginRefusing();
    for (Connection* connection : state_.connections) connection->BeginDrain();
    EndDrainIfDone();
  }

  void AbandonAll() {
    listener_->Close();
    for (Connection* connection : state_.connections) {
      if (connection->Abandon()) ++state_.drained.abandoned;
    }
  }

  ServerState state_;
  asio::steady_timer sweep_;
  std::unique_ptr<Listener> listener_;
  std::promise<void> io_done_;
  std::mutex stop_;  // guards io_thread_ against being joined
  std::thread io_thread_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(const Options& options, Handler handler) {
  auto server = std::make_unique<AsioServer>(options, std::move(handler));
  LOTMARK_RETURN_IF_ERROR(server->Listen(options));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace lotmark::http
