#include "client/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "base/encoding.h"

namespace lotmark::client {
namespace {

constexpr size_t kMaxHeaderBytes = 64 << 10;  // of all headers of a reply together

using Curl = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

Error BadUrl(const std::string& url, std::string_view why) {
  return {ErrorCode::kUsage, fmt::format("service {}: {}", Printable(url), why),
          "Give the address of a service, such as http://127.0.0.1:8090"};
}

bool HasPart(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  const bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;
  curl_free(text);
  return has;
}

std::string PartOf(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  std::string value = curl_url_get(url, part, &text, 0) == CURLUE_OK ? text : "";
  curl_free(text);
  return value;
}

// Collects a reply within its limits; a callback that takes less than it was given ends the exchange.
struct Collector {
  size_t max_body_bytes = 0;
  std::string body;
  size_t header_bytes = 0;
  bool too_large = false;
};

size_t OnBody(char* data, size_t size, size_t count, void* to) {
  auto& collector = *static_cast<Collector*>(to);
  if (size * count > collector.max_body_bytes - collector.body.size()) {
    collector.too_large = true;
    return 0;
  }
  collector.body.append(data, size * count);
  return size * count;
}

size_t OnHeader(char*, size_t size, size_t count, void* to) {
  auto& collector = *static_cast<Collector*>(to);
  collector.header_bytes += size * count;
  if (collector.header_bytes <= kMaxHeaderBytes) return size * count;
  collector.too_large = true;
  return 0;
}

Error Explain(CURLcode code, const std::string& url, const Collector& collector, const HttpOptions& options,
              const char* detail) {
  const std::string where = Printable(url);
  if (collector.too_large) {
    return {ErrorCode::kTooLarge, fmt::format("{}: the reply is over {} bytes of body or {} of header", where,
                                              options.max_body_bytes, kMaxHeaderBytes)};
  }
  const std::string why = Printable(*detail != '\0' ? detail : curl_easy_strerror(code));
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return MachineFailed(fmt::format("{}: no whole reply within {} ms: {}", where, options.timeout.count(), why));
    case CURLE_PEER_FAILED_VERIFICATION:
      return MachineFailed(fmt::format("{}: its certificate is not trusted: {}", where, why),
                           "Name the certificate, or the authority that issued it, with --cacert.");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return Refused(fmt::format("{}: what answers there does not speak HTTP as it should: {}", where, why));
    default:
      return MachineFailed(fmt::format("{}: {}", where, why));
  }
}

}  // namespace

struct HttpClient::Upload {
  std::string content_type;
  ByteView body;
};

Result<HttpClient> HttpClient::Make(const std::string& base_url, const HttpOptions& options) {
  const Url url(curl_url(), curl_url_cleanup);
  if (const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, base_url.c_str(), 0); code != CURLUE_OK) {
    return BadUrl(base_url, curl_url_strerror(code));
  }
  const std::string scheme = PartOf(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return BadUrl(base_url, "neither http nor https");
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
    if (HasPart(url.get(), part)) return BadUrl(base_url, "a user, a query or a fragment does not belong here");
  }
  if (!options.ca_file.empty()) {
    if (scheme == "http") return BadUrl(base_url, "a certificate to trust was named, but http has none");
    if (access(options.ca_file.c_str(), R_OK) != 0) {
      return Error{ErrorCode::kUsage, "certificates " + Printable(options.ca_file) + ": cannot be read"};
    }
  }
  std::string text = PartOf(url.get(), CURLUPART_URL);
  while (text.back() == '/') text.pop_back();
  return HttpClient(std::move(text), options);
}

Result<HttpReply> HttpClient::Get(std::string_view target) const { return Exchange(target, nullptr); }

Result<HttpReply> HttpClient::Post(std::string_view target, const std::string& content_type, ByteView body) const {
  const Upload upload{content_type, body};
  return Exchange(target, &upload);
}

Result<HttpReply> HttpClient::Exchange(std::string_view target, const Upload* upload) const {
  const std::string url = base_url_ + std::string(target);
  const Curl curl(curl_easy_init(), curl_easy_cleanup);
  if (curl == nullptr) return MachineFailed(Printable(url) + ": libcurl cannot start");
  CURL* const own = curl.get();
  Collector collector{.max_body_bytes = options_.max_body_bytes, .body = {}};
  std::array<char, CURL_ERROR_SIZE> detail{};
  curl_easy_setopt(own, CURLOPT_ERRORBUFFER, detail.data());
  curl_easy_setopt(own, CURLOPT_URL, url.c_str());
  curl_easy_setopt(own, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(own, CURLOPT_PROXY, "");
  curl_easy_setopt(own, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(own, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(own, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(own, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
  curl_easy_setopt(own, CURLOPT_USERAGENT, "lotmark");
  curl_easy_setopt(own, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(own, CURLOPT_WRITEDATA, &collector);
  curl_easy_setopt(own, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(own, CURLOPT_HEADERDATA, &collector);
  if (!options_.ca_file.empty()) {
    curl_easy_setopt(own, CURLOPT_CAINFO, options_.ca_file.c_str());
    curl_easy_setopt(own, CURLOPT_CAPATH, nullptr);  // these instead of the machine's
  }
  HeaderList headers(nullptr, curl_slist_free_all);
  if (upload != nullptr) {
    headers.reset(curl_slist_append(nullptr, ("Content-Type: " + upload->content_type).c_str()));
    curl_slist_append(headers.get(), "Expect:");
    curl_easy_setopt(own, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(own, CURLOPT_POST, 1L);
    // Not a null pointer, which would mean another way to hand over the body.
    curl_easy_setopt(own, CURLOPT_POSTFIELDS, upload->body.empty() ? "" : AsText(upload->body).data());
    curl_easy_setopt(own, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(upload->body.size()));
  }
  if (const CURLcode code = curl_easy_perform(own); code != CURLE_OK) {
    return Explain(code, url, collector, options_, detail.data());
  }
  long status = 0;
  const char* content_type = nullptr;
  curl_easy_getinfo(own, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(own, CURLINFO_CONTENT_TYPE, &content_type);
  return HttpReply{static_cast<int>(status), content_type != nullptr ? content_type : "", std::move(collector.body)};
}

}  // namespace lotmark::client
