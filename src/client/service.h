// A running `lotmark serve` as another program sees it: what it serves, and one classification as a test
// (doc/http-api.md). Replies are read strictly: an address where something else answers is an error, never a guess.
//
// Thread safety: as HttpClient. Errors: as HttpClient; kRefused also when the reply is not that of our service, kBusy
// when the service has no room now (503).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/ids.h"
#include "base/result.h"
#include "client/http_client.h"

namespace lotmark::client {

struct ServedVersion {
  ModelName model;
  Version version;
  Digest manifest_sha256;

  bool operator==(const ServedVersion&) const = default;
};

// GET /health
struct Health {
  struct Failure {
    std::optional<ServedVersion> version;  // nothing: the pointer itself cannot be read
    std::string reason;
  };
  std::string status;   // "ok", "degraded", "draining"
  std::string replica;  // printable
  std::optional<ServedVersion> desired, active, loading;
  std::optional<Failure> last_failure;
};

// The reply of POST /classify, as far as a test needs it.
struct Classification {
  ServedVersion by;
  std::vector<std::string> labels;
  std::vector<double> probabilities;  // one per label
};

Result<Health> ReadHealth(const HttpClient& service);
// With the source `test`: counts and drift leave its row out. `image` is a JPEG or a PNG.
Result<Classification> ClassifyAsTest(const HttpClient& service, ByteView image);

// The replies' own forms. kRefused names the field.
Result<Health> ParseHealth(std::string_view body);
Result<Classification> ParseClassification(std::string_view body);

}  // namespace lotmark::client
