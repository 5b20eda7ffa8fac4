// Method and path -> handler; 404 for a path that nobody knows, 405 with Allow for a method that it does not take.
//
//   Router router;
//   router.Add("GET", "/models/{name}", [](Request request, PathParams params, Responder respond) { … });
//   Server::Start(options, router.AsHandler());
//
// A pattern is literal segments and `{name}` segments; one of those matches exactly one non-empty segment. A last
// segment
// `{name...}` matches one or more of them, and its value has the '/' between. Patterns are tried in the order of
// adding. HEAD is served by GET's handler: the server leaves the body out.
//
// Thread safety: Add before AsHandler; the handler then is as safe as the handlers added.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/handler.h"

namespace lotmark::http {

// The decoded values of the `{name}` and `{name...}` segments of one matched path.
class PathParams {
 public:
  void Add(std::string name, std::string value) { values_.emplace_back(std::move(name), std::move(value)); }
  // REQUIRES: `name` is in the pattern; "" otherwise.
  std::string_view operator[](std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

using RouteHandler = std::function<void(Request, PathParams, Responder)>;

class Router {
 public:
  Router();
  // REQUIRES: `pattern` begins with '/'.
  void Add(std::string method, std::string_view pattern, RouteHandler handler);
  // The routes added so far, as one handler; it does not need this router any more.
  Handler AsHandler() const;

 private:
  struct Route;
  static void Serve(const std::vector<Route>& routes, Request request, const Responder& respond);
  std::shared_ptr<std::vector<Route>> routes_;
};

}  // namespace lotmark::http
