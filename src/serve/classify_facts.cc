#include "serve/classify_facts.h"

namespace lotmark::serve {

std::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kQueue:
      return "queue";
    case Stage::kDecode:
      return "decode";
    case Stage::kPreprocess:
      return "preprocess";
    case Stage::kInference:
      return "inference";
    case Stage::kCommit:
      return "commit";
    case Stage::kTotal:
      return "total";
  }
  return "";
}

std::string_view ClassifyResultName(ClassifyResult result) {
  switch (result) {
    case ClassifyResult::kOk:
      return "ok";
    case ClassifyResult::kReplayed:
      return "replayed";
    case ClassifyResult::kRefused:
      return "refused";
    case ClassifyResult::kConflict:
      return "conflict";
    case ClassifyResult::kBusy:
      return "busy";
    case ClassifyResult::kWithdrawn:
      return "withdrawn";
    case ClassifyResult::kFailed:
      return "failed";
  }
  return "";
}

}  // namespace lotmark::serve
