// How to spend the cores on several callers of one model: threads inside each run, or one thread for each caller.
//
//   bench_pool MODEL MANIFEST IMAGE CORES ROUNDS RUNS
//
// Three ways in turn, ROUNDS times: CORES callers on a session with one thread inside a run (what the service does);
// CORES callers that share a session whose pool has CORES threads; one caller on that session. Each way makes RUNS runs
// in all a round. Prints images per second and the latencies' median and 99th percentile as JSON.
#include <fmt/core.h>

#include <map>
#include <thread>

#include "bare.h"

using namespace lotmark;
using namespace lotmark::bench;

namespace {

struct Way {
  const char* name;
  const BareSession* session;
  size_t callers;
  std::vector<double> images_per_second;
  std::vector<double> latencies_ms;
};

void Measure(Way& way, size_t runs, const std::vector<float>& tensor, const manifest::Preprocessing& preprocessing) {
  std::vector<std::vector<double>> latencies(way.callers);
  const auto begin = SteadyClock::now();
  {
    std::vector<std::jthread> callers;
    for (auto& mine : latencies) {
      callers.emplace_back([&] {
        for (size_t i = 0; i < runs / way.callers; ++i) {
          const auto start = SteadyClock::now();
          way.session->Run(tensor, preprocessing);
          mine.push_back(MillisecondsSince(start));
        }
      });
    }
  }
  const double took = MillisecondsSince(begin);
  size_t done = 0;
  for (const auto& mine : latencies) {
    done += mine.size();
    way.latencies_ms.insert(way.latencies_ms.end(), mine.begin(), mine.end());
  }
  way.images_per_second.push_back(1000.0 * static_cast<double>(done) / took);
}

void Print(const std::vector<Way>& ways) {
  fmt::print("{{");
  const char* separator = "";
  for (const Way& way : ways) {
    std::string rounds;
    for (const double value : way.images_per_second) {
      rounds += fmt::format("{}{:.3f}", rounds.empty() ? "" : ", ", value);
    }
    fmt::print(R"({}"{}": {{"images_per_s": [{}], "p50_ms": {:.2f}, "p99_ms": {:.2f}}})", separator, way.name, rounds,
               Median(way.latencies_ms), Percentile(way.latencies_ms, 0.99));
    separator = ", ";
  }
  fmt::print("}}\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) Die("usage: bench_pool MODEL MANIFEST IMAGE CORES ROUNDS RUNS");
  const size_t cores = std::stoul(argv[4]), rounds = std::stoul(argv[5]), runs = std::stoul(argv[6]);
  const manifest::Manifest manifest = Need(manifest::Manifest::Parse(ReadText(argv[2])));
  const auto& preprocessing = *manifest.artifact(manifest::Format::kOnnx)->preprocessing;
  const auto tensor = MakeTensor(ReadBytes(argv[3]), preprocessing);
  try {
    const Bytes model = ReadBytes(argv[1]);
    const BareSession single(model, 1);
    const BareSession pooled(model, static_cast<int>(cores));
    std::vector<Way> ways = {{"callers_with_one_thread", &single, cores, {}, {}},
                             {"callers_sharing_a_pool", &pooled, cores, {}, {}},
                             {"one_caller_with_all_threads", &pooled, 1, {}, {}}};
    single.Run(tensor, preprocessing);
    pooled.Run(tensor, preprocessing);
    for (size_t round = 0; round < rounds; ++round) {
      for (Way& way : ways) Measure(way, runs, tensor, preprocessing);
    }
    Print(ways);
  } catch (const std::exception& failure) {
    Die(failure.what());
  }
}
