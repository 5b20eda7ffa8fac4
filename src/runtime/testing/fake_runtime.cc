#include "runtime/testing/fake_runtime.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <sstream>
#include <thread>

namespace lotmark::runtime::testing {
namespace {

constexpr std::string_view kFirstLine = "lotmark fake model";

struct Recipe {
  uint64_t seed = 0;
  std::string mode;
  int sleep_ms = 0;
};

Result<Recipe> ParseRecipe(ByteView model) {
  std::istringstream lines{std::string(AsText(model))};
  std::string line;
  if (!std::getline(lines, line) || line != kFirstLine) return Refused("not a fake model");
  Recipe recipe;
  for (std::string key; lines >> key;) {
    if (key == "seed") {
      lines >> recipe.seed;
    } else if (key == "mode") {
      lines >> recipe.mode;
    } else if (key == "sleep_ms") {
      lines >> recipe.sleep_ms;
    } else {
      return Refused("fake model: unknown word " + key);
    }
    if (!lines) return Refused("fake model: no value for " + key);
  }
  return recipe;
}

// A number in [-1, 1) from `state` (Marsaglia's xorshift64).
double NextWeight(uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<double>(state >> 11) / static_cast<double>(uint64_t{1} << 52) - 1.0;
}

std::vector<float> Softmax(const std::vector<double>& logits) {
  const double top = *std::max_element(logits.begin(), logits.end());
  std::vector<double> powers;
  for (const double logit : logits) powers.push_back(std::exp(logit - top));
  const double sum = std::accumulate(powers.begin(), powers.end(), 0.0);
  std::vector<float> out;
  for (const double power : powers) out.push_back(static_cast<float>(power / sum));
  return out;
}

class FakeSession final : public Session {
 public:
  FakeSession(Recipe recipe, const ModelContract& contract, const SessionOptions& options)
      : recipe_(std::move(recipe)),
        classes_(contract.classes),
        embedding_(contract.embedding ? static_cast<size_t>(contract.embedding->length) : 0) {
    for (const int64_t size : contract.input_shape) inputs_ *= static_cast<size_t>(size);
    facts_ = {"fake", "1.0", "none", {{"intra_op_threads", std::to_string(options.intra_op_threads)}}};
  }

  Result<Output> Run(std::span<const float> tensor) const override {
    if (tensor.size() != inputs_) return Refused("fake model: wrong tensor length");
    std::this_thread::sleep_for(std::chrono::milliseconds(recipe_.sleep_ms));
    if (recipe_.mode == "fail") return MachineFailed("fake model: told to fail");
    if (recipe_.mode == "nan") return Refused("output \"probabilities\": value 0 is not a finite number");

    std::vector<double> logits = Multiply(tensor);
    Output output;
    for (size_t i = 0; i < embedding_; ++i) output.embedding.push_back(static_cast<float>(logits[i % classes_]));
    if (recipe_.mode == "logits") {
      for (const double logit : logits) output.probabilities.push_back(static_cast<float>(5 + 10 * logit));
    } else {
      output.probabilities = Softmax(logits);
    }
    return output;
  }

  const RuntimeFacts& facts() const override { return facts_; }

 private:
  std::vector<double> Multiply(std::span<const float> tensor) const {
    uint64_t state = 0x9E3779B97F4A7C15u * (recipe_.seed + 1);
    std::vector<double> logits;
    for (size_t c = 0; c < classes_; ++c) {
      double logit = NextWeight(state);
      for (const float value : tensor) {
        const double weight = NextWeight(state);
        if (recipe_.mode != "constant")
          logit += 4 * weight * static_cast<double>(value) / std::sqrt(static_cast<double>(tensor.size()));
      }
      logits.push_back(logit);
    }
    return logits;
  }

  Recipe recipe_;
  size_t classes_;
  size_t embedding_;
  size_t inputs_ = 1;
  RuntimeFacts facts_;
};

}  // namespace

Result<std::unique_ptr<Session>> FakeRuntime::Load(ByteView model, const ModelContract& contract,
                                                   const SessionOptions& options) const {
  LOTMARK_ASSIGN_OR_RETURN(Recipe recipe, ParseRecipe(model));
  if (contract.classes == 0) return Refused("fake model: no classes");
  return std::unique_ptr<Session>(std::make_unique<FakeSession>(std::move(recipe), contract, options));
}

std::string FakeModel(int seed, const std::string& mode, int sleep_ms) {
  std::string text = std::string(kFirstLine) + "\nseed " + std::to_string(seed) + "\n";
  if (!mode.empty()) text += "mode " + mode + "\n";
  if (sleep_ms > 0) text += "sleep_ms " + std::to_string(sleep_ms) + "\n";
  return text;
}

}  // namespace lotmark::runtime::testing
