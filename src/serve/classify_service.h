// From an image to a recorded classification: the path of one request through the service.
//
//   Submit -> bounded queue -> worker: preprocess, run on the current model -> records::Writer: durable row -> Done
//
// Invariant: Done gets a result only after the row is durable; every Submit is answered exactly once.
// Workers run one inference each on one thread: two callers with one thread each give 10 % more images per second than
// one caller with two (measured), and the thread count never changes when two versions are loaded at once.
//
// Thread safety: all public functions may be called from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/uuid.h"
#include "classify/decode_memory.h"
#include "records/row.h"
#include "records/writer.h"
#include "serve/classify_facts.h"
#include "serve/metrics.h"
#include "serve/model_keeper.h"

namespace lotmark::serve {

struct ClassifyRequest {
  std::string image;       // the encoded bytes as received
  std::optional<Uuid> id;  // the caller's own, which makes a retry safe
  records::References references;
  records::Source source = records::Source::kServer;
};

struct ClassifyReply {
  records::ClassificationRow row;
  bool replayed = false;  // the caller's id was known: this is the stored row, nothing was added
};

class ClassifyService {
 public:
  // Errors: kRefused (not a usable image), kTooLarge (too many pixels), kConflict (the id belongs to another image),
  // kBusy (queue full, deadline passed, draining, or the records are busy), kWithdrawn (no version may serve),
  // kNoSpace, kUnconfirmed and kMachine (not recorded, so not answered). The facts are the same that the metrics count.
  // Called on a worker's or the writer's thread, or inside Submit when refused at once. Must not block or throw. It is
  // destroyed before Drain returns.
  using Done = std::function<void(Result<ClassifyReply>, const ClassifyFacts&)>;

  struct Options {
    size_t workers = 0;                          // 0 = one per core
    size_t queue = 0;                            // waiting requests; 0 = 4 x workers
    std::chrono::milliseconds deadline{30'000};  // from Submit to the start of decoding
    std::string replica = {};
    classify::DecodeMemory* decode_memory = nullptr;  // must outlive the service; nullptr = no limit
  };

  // `keeper`, `writer`, `metrics` and `clock` must outlive the service.
  static std::unique_ptr<ClassifyService> Start(const Options& options, const ModelKeeper& keeper,
                                                records::Writer& writer, Metrics& metrics, Clock& clock);
  virtual ~ClassifyService() = default;  // as Drain

  virtual void Submit(ClassifyRequest request, Done done) = 0;
  // Refuses new requests, answers those accepted, ends the workers. Not from a Done. The writer must still run, or
  // those accepted are answered kBusy.
  virtual void Drain() = 0;
  virtual size_t queued() const = 0;
};

}  // namespace lotmark::serve
