#include "cli/serve_http.h"

#include <sys/resource.h>

#include "cli/listen_address.h"
#include "fs/operator_file.h"

namespace lotmark::cli {
namespace {

Result<std::shared_ptr<const http::TlsContext>> LoadTls(const ServeSettings& settings) {
  if (settings.tls_cert.empty()) return std::shared_ptr<const http::TlsContext>();
  auto certificate = fs::ReadOperatorFile(settings.tls_cert, fs::Privacy::kPublic);
  if (!certificate) return Prefixed("TLS certificate", std::move(certificate).error());
  auto key = fs::ReadOperatorFile(settings.tls_key, fs::Privacy::kGroupMayRead);
  if (!key) return Prefixed("TLS key", std::move(key).error());
  auto made = http::TlsContext::Make({.certificate_name = settings.tls_cert,
                                      .certificate_pem = std::move(*certificate),
                                      .key_name = settings.tls_key,
                                      .key_pem = std::move(*key)});
  if (!made) return Prefixed("TLS", std::move(made).error());
  return made;
}

std::chrono::milliseconds Seconds(int64_t count) { return std::chrono::seconds(count); }

}  // namespace

Result<http::Options> HttpOptionsOf(const ServeSettings& settings) {
  LOTMARK_ASSIGN_OR_RETURN(const ListenAddress address, ParseListenAddress(settings.listen));
  http::Options options{.host = address.host,
                        .port = address.port,
                        .max_connections = static_cast<size_t>(settings.max_connections),
                        .limits = {}};
  http::Limits& limits = options.limits;
  limits.max_body_bytes = static_cast<size_t>(settings.max_body_mib) << 20;
  limits.max_buffered_bytes = static_cast<size_t>(settings.max_bodies_mib) << 20;
  limits.max_streams = static_cast<size_t>(settings.max_downloads);
  limits.handshake_timeout = Seconds(settings.handshake_timeout_seconds);
  limits.header_timeout = Seconds(settings.header_timeout_seconds);
  limits.body_timeout = Seconds(settings.body_timeout_seconds);
  limits.idle_timeout = Seconds(settings.idle_timeout_seconds);
  limits.write_timeout = Seconds(settings.write_timeout_seconds);
  LOTMARK_ASSIGN_OR_RETURN(options.tls, LoadTls(settings));
  return options;
}

void RaiseFileLimit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace lotmark::cli
