// Result<T> and Status: how every fallible function of Lotmark answers.
//
// Why our own: GCC 12 has std::expected only in C++23 mode, and a dropped tl::expected compiles silently. Both
// types here are [[nodiscard]]. Names follow std::expected so that the switch is a rename one day.
//
// Thread safety: values; share them as you would an int.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace lotmark {

// A code exists only where a caller branches on it; everything else is in the text.
enum class ErrorCode {
  kRefused,      // the input or the state does not allow it, or a check failed (exit 1, HTTP 4xx)
  kNotFound,     // the named thing does not exist (exit 1, HTTP 404)
  kConflict,     // the id is taken by something else (exit 1, HTTP 409)
  kBusy,         // somebody else holds it now; try again later (exit 1, HTTP 503)
  kWithdrawn,    // it was taken out of service and must not be used (exit 1, HTTP 503)
  kTooLarge,     // over a documented limit (exit 1, HTTP 413)
  kModelFault,   // a model's output is not what it must be: not the input's fault (exit 1, HTTP 500)
  kUsage,        // the command line is wrong (exit 2)
  kMachine,      // disk, memory, permission, network: the machine failed (exit 3, HTTP 500)
  kNoSpace,      // the machine failed for lack of disk space (exit 3, HTTP 507)
  kUnconfirmed,  // a commit point was passed but not confirmed: reopen and look (exit 3)
};

// The text says what: which: why. `hint` is one sentence on what to do next; the CLI prints it below the error.
struct Error {
  ErrorCode code = ErrorCode::kMachine;
  std::string text;
  std::string hint = {};
};

inline Error Refused(std::string text, std::string hint = {}) {
  return {ErrorCode::kRefused, std::move(text), std::move(hint)};
}
inline Error NotFound(std::string text, std::string hint = {}) {
  return {ErrorCode::kNotFound, std::move(text), std::move(hint)};
}
inline Error MachineFailed(std::string text, std::string hint = {}) {
  return {ErrorCode::kMachine, std::move(text), std::move(hint)};
}

// `error` with "prefix: " put before its text; the code and the hint stay.
inline Error Prefixed(std::string prefix, Error error) {
  error.text = std::move(prefix) + ": " + error.text;
  return error;
}

template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // REQUIRES: has_value().
  T& value() & {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  // By value, so that `for (auto& x : F().value())` iterates over something that lives.
  T value() && {
    assert(has_value());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !has_value().
  const Error& error() const& {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }
  Error error() && {
    assert(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }

  // REQUIRES: !has_value().
  const Error& error() const& {
    assert(error_.has_value());
    return *error_;
  }
  Error error() && {
    assert(error_.has_value());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

inline Status Ok() { return {}; }

}  // namespace lotmark

#define LOTMARK_CONCAT_INNER(a, b) a##b
#define LOTMARK_CONCAT(a, b) LOTMARK_CONCAT_INNER(a, b)

// Evaluates a Status or Result expression; returns its error from the enclosing function.
#define LOTMARK_RETURN_IF_ERROR(expr)                                                            \
  do {                                                                                           \
    if (auto lotmark_status = (expr); !lotmark_status) return std::move(lotmark_status).error(); \
  } while (false)

// `LOTMARK_ASSIGN_OR_RETURN(auto x, F())`: x = the value of F(), or returns its error.
#define LOTMARK_ASSIGN_OR_RETURN(lhs, expr) \
  LOTMARK_ASSIGN_OR_RETURN_INNER(LOTMARK_CONCAT(lotmark_result_, __LINE__), lhs, expr)
#define LOTMARK_ASSIGN_OR_RETURN_INNER(tmp, lhs, expr) \
  auto tmp = (expr);                                   \
  if (!tmp) return std::move(tmp).error();             \
  lhs = std::move(tmp).value()
