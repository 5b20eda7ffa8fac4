// What moving the pointer costs: from the intent's event to the event that says it is done, beside as many sync calls
// of bare atomic writes.
//
//   bench_pointer VOLUME MODEL ONE OTHER JOURNAL_KEY STATE_FOLDER BARE_FOLDER ROUNDS
//
// Activates the versions ONE and OTHER in turn, with the remembered checkpoint that a command keeps, and after each
// move writes a file of 200 bytes atomically (write, sync, rename, sync of the folder) until that made as many sync
// calls. Prints for each round as JSON: the move's milliseconds and sync calls, and the writes' milliseconds scaled to
// these.
#include <fmt/core.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "bare.h"
#include "fs/file_ops.h"
#include "fs/posix_fs.h"
#include "journal/memory.h"
#include "store/volume.h"

using namespace lotmark;
using namespace lotmark::bench;

namespace {
std::atomic<int> sync_calls{0};
}  // namespace

// Stands before the C library's, so that every sync of this program is counted where it is made.
extern "C" int fsync(int descriptor) {
  ++sync_calls;
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

namespace {

struct Timed {
  double ms = 0;
  int syncs = 0;
};

class Stopwatch {
 public:
  Timed Stop() const { return {MillisecondsSince(begin_), sync_calls - syncs_}; }

 private:
  SteadyClock::time_point begin_ = SteadyClock::now();
  int syncs_ = sync_calls;
};

// The permit is asked a last time under the lock, when everything else is done: from there on the pointer moves.
Timed Move(store::Volume& volume, const ModelName& model, const Version& version) {
  std::optional<Stopwatch> watch;
  const store::ActivationPermit permit = [&](const store::OpenedVersion&, const journal::VolumeHistory&) {
    watch.emplace();
    return Ok();
  };
  const auto moved = Need(volume.Activate(model, version, "bench", {}, permit));
  const Timed timed = watch->Stop();
  if (moved.outcome != store::MoveOutcome::kMoved) Die(version.text() + " was active already");
  return timed;
}

Timed WriteBare(fs::Dir& folder, int syncs) {
  const Bytes bytes(200, 'x');
  const Stopwatch watch;
  while (watch.Stop().syncs < syncs) {
    const Status written = fs::WriteFileAtomic(folder, "file", bytes, fs::IfExists::kReplace);
    if (!written) Die(written.error().text);
  }
  Timed timed = watch.Stop();
  timed.ms *= static_cast<double>(syncs) / timed.syncs;  // one sync too many where the number is odd
  return timed;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 9) {
    Die("usage: bench_pointer VOLUME MODEL ONE OTHER JOURNAL_KEY STATE_FOLDER BARE_FOLDER ROUNDS");
  }
  const ModelName model = Need(ModelName::Parse(argv[2]));
  const Version versions[] = {Need(Version::Parse(argv[3])), Need(Version::Parse(argv[4]))};
  const auto bare = Need(fs::CreatePosixDir(argv[7]));
  const int rounds = std::stoi(argv[8]);

  SystemClock clock;
  store::VolumeOptions options{.clock = clock, .actor = {"bench", false}};
  options.journal_key = [&](const Uuid&) { return tlog::PrivateKey::FromPem(ReadText(argv[5]), ""); };
  options.memory = [&](const Uuid& volume_id) -> Result<std::unique_ptr<journal::Memory>> {
    return journal::MakeFolderMemory(Need(fs::CreatePosixDir(argv[6], fs::Access::kOwnerOnly)), volume_id);
  };
  const auto volume = Need(store::Volume::Open(Need(fs::OpenPosixDir(argv[1])), options));

  std::string moves, syncs, writes;
  // The first two are not counted: folders are made and pages fetched.
  for (int round = -2; round < rounds; ++round) {
    const Timed move = Move(*volume, model, versions[round & 1]);
    const Timed bare_writes = WriteBare(*bare, move.syncs);
    if (round < 0) continue;
    const char* separator = round == 0 ? "" : ", ";
    moves += fmt::format("{}{:.4f}", separator, move.ms);
    syncs += fmt::format("{}{}", separator, move.syncs);
    writes += fmt::format("{}{:.4f}", separator, bare_writes.ms);
  }
  fmt::print("{{\"move_ms\": [{}], \"move_syncs\": [{}], \"writes_ms\": [{}]}}\n", moves, syncs, writes);
}
