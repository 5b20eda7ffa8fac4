// What a start costs without Lotmark: read the artifact, hash it, make a session, run the golden cases; then "ready".
//
//   bench_start VERSION_FOLDER [--hold]
//
// Prints the phases in milliseconds and the peak memory as JSON, before "ready". With --hold it then waits for the end
// of its input, so that the caller can look at its memory.
#include <fmt/core.h>

#include <cstdio>
#include <string_view>

#include "bare.h"

using namespace lotmark;
using namespace lotmark::bench;

int main(int argc, char** argv) {
  if (argc < 2) Die("usage: bench_start VERSION_FOLDER [--hold]");
  const std::string folder = std::string(argv[1]) + "/";
  const manifest::Manifest manifest = Need(manifest::Manifest::Parse(ReadText(folder + "model-manifest.json")));
  const manifest::Artifact* artifact = manifest.artifact(manifest::Format::kOnnx);
  if (artifact == nullptr || !artifact->file || !artifact->preprocessing) Die("the manifest lacks what serving needs");

  try {
    auto begin = SteadyClock::now();
    Bytes model = ReadBytes(folder + artifact->file->path);
    const double read = MillisecondsSince(begin);

    begin = SteadyClock::now();
    if (Sha256Hex(model) != artifact->file->sha256->hex()) Die("the digest differs");
    const double hash = MillisecondsSince(begin);

    begin = SteadyClock::now();
    const BareSession session(model, 1);
    model = Bytes();
    const double create = MillisecondsSince(begin);

    begin = SteadyClock::now();
    size_t cases = 0;
    if (manifest.golden()) {
      for (const auto& golden : manifest.golden()->cases) {
        const auto tensor = MakeTensor(ReadBytes(folder + golden.image.path), *artifact->preprocessing);
        session.Run(tensor, *artifact->preprocessing);
        ++cases;
      }
    }
    const double golden = MillisecondsSince(begin);
    fmt::print(R"({{"read_ms": {:.2f}, "hash_ms": {:.2f}, "session_ms": {:.2f}, "golden_ms": {:.2f}, )"
               R"("golden_cases": {}, "peak_kib": {}}})"
               "\nready\n",
               read, hash, create, golden, cases, PeakMemoryKib());
    std::fflush(stdout);
    if (argc > 2 && std::string_view(argv[2]) == "--hold") {
      while (std::getchar() != EOF) {
      }
    }
  } catch (const std::exception& failure) {
    Die(failure.what());
  }
}
