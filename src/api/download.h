// The bytes of one file of a version as an HTTP response: streamed from the open file, never copied to another, resumed
// where the client wants.
//
// Only what the manifest names is served. Its digest is the entity tag, so a client can compare what it got with what
// it asked for; the bytes are not hashed on the way (`lotmark verify` does that).
#pragma once

#include <functional>
#include <string>

#include "http/handler.h"
#include "store/reader.h"

namespace lotmark::api {

// The headers of a request that decide what of a file is sent.
struct DownloadConditions {
  std::string if_match = {};
  std::string if_none_match = {};
  std::string if_range = {};
  std::string range = {};  // "" when the method is not GET: only there it has a meaning

  static DownloadConditions Of(const http::Request& request);
};

// 200, 206, 304, 412 or 416. kNotFound: the version has no file of this path; otherwise what lies on disk is not what
// the manifest says. `log_failure` is told of reads that fail after the answer has begun; called on any thread.
Result<http::Response> Download(const store::OpenedVersion& version, std::string_view path,
                                const DownloadConditions& conditions,
                                const std::function<void(const std::string&)>& log_failure);

}  // namespace lotmark::api
