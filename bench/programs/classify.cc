// One classification through the service beside its bare pieces, in turn.
//
//   bench_classify PORT MODEL MANIFEST IMAGE SERVICE_RECORDS OWN_RECORDS ROUNDS
//
// A round is: POST /classify on a kept connection; a bare Run; decoding and resizing the same bytes; one durable insert
// of a row like the service's into a database of its own on the same disk. Prints every round's milliseconds as JSON.
#include <fmt/core.h>

#include <array>

#include "bare.h"
#include "base/clock.h"
#include "http/testing/client.h"
#include "records/database.h"

using namespace lotmark;
using namespace lotmark::bench;

namespace {

void Classify(http::testing::Client& client, const std::string& image) {
  const auto reply = Need(client.Fetch("POST", "/classify", {{"content-type", "image/jpeg"}}, image));
  if (reply.status != 200) Die("the service answered " + std::to_string(reply.status) + ": " + reply.body);
}

// The newest row of the service: what an insert of ours writes, under ids of its own.
records::ClassificationRow RowOf(const std::string& url) {
  const auto database = Need(records::OpenDatabase(url, records::OpenMode::kReadOnly));
  const auto rows = Need(database->ListClassifications(1));
  if (rows.empty()) Die("the service has recorded nothing");
  return rows.front();
}

template <typename Action>
double Took(Action action) {
  const auto begin = SteadyClock::now();
  action();
  return MillisecondsSince(begin);
}

void Print(const char* name, const std::vector<double>& values, const char* end) {
  fmt::print("\"{}\": [", name);
  for (size_t i = 0; i < values.size(); ++i) fmt::print("{}{:.4f}", i == 0 ? "" : ", ", values[i]);
  fmt::print("]{}", end);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) Die("usage: bench_classify PORT MODEL MANIFEST IMAGE SERVICE_RECORDS OWN_RECORDS ROUNDS");
  const manifest::Manifest manifest = Need(manifest::Manifest::Parse(ReadText(argv[3])));
  const auto& preprocessing = *manifest.artifact(manifest::Format::kOnnx)->preprocessing;
  const std::string image = ReadText(argv[4]);
  auto client = Need(http::testing::Client::Connect(static_cast<uint16_t>(std::stoul(argv[1]))));
  Classify(client, image);
  auto row = RowOf(argv[5]);
  const auto database = Need(records::OpenDatabase(argv[6], records::OpenMode::kCreateOrOpen));
  const size_t rounds = std::stoul(argv[7]);

  std::vector<double> service, run, decode, insert;
  try {
    const BareSession session(ReadBytes(argv[2]), 1);
    std::vector<float> tensor = MakeTensor(AsBytes(image), preprocessing);
    session.Run(tensor, preprocessing);
    SystemClock clock;
    for (size_t round = 0; round < rounds; ++round) {
      service.push_back(Took([&] { Classify(client, image); }));
      run.push_back(Took([&] { session.Run(tensor, preprocessing); }));
      decode.push_back(Took([&] { tensor = MakeTensor(AsBytes(image), preprocessing); }));
      row.id = Uuid::V7(clock.Now());
      insert.push_back(Took([&] { Need(database->Insert(std::span(&row, 1))); }));
    }
  } catch (const std::exception& failure) {
    Die(failure.what());
  }
  fmt::print("{{");
  Print("service_ms", service, ", ");
  Print("run_ms", run, ", ");
  Print("decode_ms", decode, ", ");
  Print("insert_ms", insert, "}\n");
}
