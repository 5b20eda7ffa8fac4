// A bounded HTTP(S) client for our own service: libcurl inside, none of it outside.
//
// Why bounded: a command that waits for a service must end, whatever answers at that address. Every exchange has a
// deadline, a limit of size, no redirects (the reply must come from the address that the operator named), no proxy and
// no other protocol than http and https.
//
// Thread safety: one object per thread. While an exchange runs, libcurl ignores SIGPIPE for the whole process.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace lotmark::client {

struct HttpOptions {
  std::string ca_file = {};                   // PEM certificates to trust instead of the machine's; "" = the machine's
  std::chrono::milliseconds timeout{30'000};  // of one exchange, from the look-up of the name to the last byte
  size_t max_body_bytes = 4 << 20;            // of a reply
};

struct HttpReply {
  int status = 0;
  std::string content_type;
  std::string body;
};

class HttpClient {
 public:
  // `base_url`: "http://host:port" or https, a path before ours allowed ("https://proxy/derm"). kUsage: anything else,
  // or with a user, a query or a fragment; `ca_file` is named for http or cannot be read.
  static Result<HttpClient> Make(const std::string& base_url, const HttpOptions& options);

  // `target` begins with '/'. Any status is a reply. Errors name the URL and say why:
  //   kMachine   no connection, broken or not in time; a certificate that is not trusted
  //   kTooLarge  the reply is over its limit
  //   kRefused   what answers does not speak HTTP
  Result<HttpReply> Get(std::string_view target) const;
  Result<HttpReply> Post(std::string_view target, const std::string& content_type, ByteView body) const;

  const std::string& base_url() const { return base_url_; }

 private:
  HttpClient(std::string base_url, HttpOptions options)
      : base_url_(std::move(base_url)), options_(std::move(options)) {}
  struct Upload;
  Result<HttpReply> Exchange(std::string_view target, const Upload* upload) const;

  std::string base_url_;  // without a slash at the end
  HttpOptions options_;
};

}  // namespace lotmark::client
