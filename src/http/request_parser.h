// Bytes of one connection -> one request within the limits, or a refusal that says why. No I/O: the connection feeds
// it.
//
// Why a layer over Beast's parser: that one counts its header limit anew after each line it was fed, ignores transfer
// encodings it does not know, takes lists of equal lengths, and adds trailer fields to the header. Here the header is
// handed over whole once its end was seen, and what two readers could read in two ways is refused (request smuggling).
#pragma once

#include <memory>
#include <string_view>

#include "http/limits.h"
#include "http/response.h"

namespace lotmark::http {

class RequestParser {
 public:
  // kNothing -> kHeader -> kBody -> kDone, or from anywhere kRefused; kDone and kRefused are final.
  enum class Progress { kNothing, kHeader, kBody, kDone, kRefused };

  // `limits` must outlive this.
  explicit RequestParser(const Limits& limits);
  ~RequestParser();

  // Takes bytes of this request from the front of `input` and returns how many. What was not taken must come again,
  // with more behind it, unless the progress is final: then it belongs to the next request.
  size_t Feed(std::string_view input);

  Progress progress() const { return progress_; }
  bool final() const { return progress_ == Progress::kDone || progress_ == Progress::kRefused; }

  // The client waits for "100 Continue" before it sends the body.
  bool wants_continue() const { return wants_continue_ && progress_ == Progress::kBody; }
  // False where the connection must close after the response.
  bool keep_alive() const { return keep_alive_ && progress_ == Progress::kDone; }
  bool head_only() const { return head_only_; }
  // Of the body, so far.
  size_t body_bytes() const;

  // REQUIRES: kDone; once.
  Request TakeRequest();

  // Ends this request for a reason outside of its bytes (too slow, cut off).
  void Refuse(Response refusal);
  // REQUIRES: kRefused; once.
  Response TakeRefusal();

 private:
  struct Beast;
  size_t FeedHeader(std::string_view input);
  size_t FeedBody(std::string_view input);
  void ParseHeader(std::string_view header);
  void AdoptHeader();
  void RefuseLongHeader(std::string_view header);

  const Limits& limits_;
  std::unique_ptr<Beast> beast_;
  Progress progress_ = Progress::kNothing;
  size_t searched_ = 0;  // bytes of the header known not to hold its end
  bool wants_continue_ = false;
  bool keep_alive_ = false;
  bool head_only_ = false;
  Request request_;
  Response refusal_;
};

}  // namespace lotmark::http
