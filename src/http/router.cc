#include "http/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/encoding.h"

namespace lotmark::http {
namespace {

constexpr std::string_view kRestEnd = "...}";

std::vector<std::string> Segments(std::string_view path) {
  std::vector<std::string> segments;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    segments.emplace_back(segment);
    path.remove_prefix(segment.size());
  }
  return segments;
}

bool IsParam(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }
bool IsRest(std::string_view segment) { return IsParam(segment) && segment.ends_with(kRestEnd); }

std::string ParamName(std::string_view segment) {
  segment.remove_suffix(IsRest(segment) ? kRestEnd.size() : 1);
  return std::string(segment.substr(1));
}

// The segments from `first` on with '/' between; "" when one of them is empty.
std::string Rest(const std::vector<std::string>& path, size_t first) {
  const auto begin = path.begin() + static_cast<std::ptrdiff_t>(first);
  if (std::find(begin, path.end(), "") != path.end()) return "";
  return fmt::format("{}", fmt::join(begin, path.end(), "/"));
}

std::optional<PathParams> Match(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  const bool has_rest = !pattern.empty() && IsRest(pattern.back());
  if (has_rest ? path.size() < pattern.size() : path.size() != pattern.size()) return std::nullopt;
  PathParams params;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (!IsParam(pattern[i])) {
      if (pattern[i] != path[i]) return std::nullopt;
      continue;
    }
    std::string value = IsRest(pattern[i]) ? Rest(path, i) : path[i];
    if (value.empty()) return std::nullopt;
    params.Add(ParamName(pattern[i]), std::move(value));
  }
  return params;
}

Response NotFoundResponse(const Request& request) {
  return ErrorResponse(404, "not_found", fmt::format("path: {}: nothing is here", Printable(request.path)));
}

Response NotAllowedResponse(const Request& request, std::vector<std::string> allowed) {
  if (std::find(allowed.begin(), allowed.end(), "GET") != allowed.end()) allowed.emplace_back("HEAD");
  std::sort(allowed.begin(), allowed.end());
  allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
  const std::string list = fmt::format("{}", fmt::join(allowed, ", "));
  Response response = ErrorResponse(
      405, "method_not_allowed",
      fmt::format("method: {}: {} takes {}", Printable(request.method, 40), Printable(request.path), list));
  response.headers.emplace_back("Allow", list);
  return response;
}

}  // namespace

struct Router::Route {
  std::string method;
  std::vector<std::string> pattern;
  RouteHandler handler;

  bool Takes(std::string_view asked) const { return method == asked || (asked == "HEAD" && method == "GET"); }
};

std::string_view PathParams::operator[](std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
  }
  return {};
}

Router::Router() : routes_(std::make_shared<std::vector<Route>>()) {}

void Router::Add(std::string method, std::string_view pattern, RouteHandler handler) {
  routes_->push_back({std::move(method), Segments(pattern), std::move(handler)});
}

Handler Router::AsHandler() const {
  auto routes = std::make_shared<const std::vector<Route>>(*routes_);
  return [routes = std::move(routes)](Request request, const Responder& respond) {
    Serve(*routes, std::move(request), respond);
  };
}

void Router::Serve(const std::vector<Route>& routes, Request request, const Responder& respond) {
  const auto path = Segments(request.path);
  std::vector<std::string> allowed;
  for (const Route& route : routes) {
    auto params = Match(route.pattern, path);
    if (!params) continue;
    if (route.Takes(request.method)) return route.handler(std::move(request), std::move(*params), respond);
    allowed.push_back(route.method);
  }
  respond(allowed.empty() ? NotFoundResponse(request) : NotAllowedResponse(request, std::move(allowed)));
}

}  // namespace lotmark::http
