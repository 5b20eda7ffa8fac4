#include "http/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/encoding.h"

namespace lotmark::http {
namespace {

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

std::optional<PathParams> Match(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  PathParams params;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (!IsParam(pattern[i])) {
      if (pattern[i] != path[i]) return std::nullopt;
    } else if (path[i].empty()) {
      return std::nullopt;
    } else {
      params.Add(pattern[i].substr(1, pattern[i].size() - 2), path[i]);
    }
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
