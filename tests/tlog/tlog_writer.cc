// Writes a log of our own for a verifier that is not ours (check.go):
//
//   tlog_writer FOLDER SIZE     FOLDER is empty; afterwards it holds
//     log/            the log, written by TileLog in appends of growing length
//     key             the verifier key
//     proofs.json     our proofs: {"inclusion": [{"index", "hashes"}], "consistency": [{"old_size", "hashes"}]}
//
// A log of more than 2,000 entries is built in memory and copied out: some 30,000 syncs say nothing about its bytes.
#include <cstdio>
#include <iostream>
#include <string>

#include "base/json.h"
#include "fs/file_ops.h"
#include "fs/posix_fs.h"
#include "fs/testing/mem_fs.h"
#include "tlog/tile.h"
#include "tlog/tile_log.h"

namespace lotmark::tlog {
namespace {

constexpr uint64_t kBuildInMemoryFrom = 2000;
constexpr char kOrigin[] = "lotmark/journal/019471f2-0a00-7000-8000-000000000000";

// Of all lengths, the shortest and the longest allowed among them.
Bytes Entry(uint64_t index) {
  if (index == 3) return {};
  if (index == 7) return Bytes(kMaxEntryBytes, 'x');
  const std::string text =
      "{\"index\":" + std::to_string(index) + ",\"reason\":\"" + std::string(index % 50, 'r') + "\"}";
  return {text.begin(), text.end()};
}

Status Grow(fs::Dir& folder, uint64_t size, const PrivateKey& key) {
  LOTMARK_RETURN_IF_ERROR(TileLog::Create(folder, kOrigin, key));
  LOTMARK_ASSIGN_OR_RETURN(TileLog log, TileLog::Open(folder, NoteVerifier(kOrigin, key.public_key())));
  for (uint64_t step = 1; log.head().size < size; step *= 3) {
    std::vector<Bytes> entries;
    for (uint64_t i = log.head().size; i < size && entries.size() < step; ++i) entries.push_back(Entry(i));
    LOTMARK_RETURN_IF_ERROR(log.Append(entries, key));
  }
  return Ok();
}

// Unsynced: `to` is a scratch folder.
Status CopyTree(fs::Dir& from, fs::Dir& to) {
  LOTMARK_ASSIGN_OR_RETURN(const auto entries, from.List());
  for (const fs::Entry& entry : entries) {
    if (entry.kind == fs::EntryKind::kFolder) {
      LOTMARK_RETURN_IF_ERROR(to.MakeDir(entry.name));
      LOTMARK_ASSIGN_OR_RETURN(const auto below, from.OpenDir(entry.name));
      LOTMARK_ASSIGN_OR_RETURN(const auto copy, to.OpenDir(entry.name));
      LOTMARK_RETURN_IF_ERROR(CopyTree(*below, *copy));
      continue;
    }
    LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes, fs::ReadWholeFile(from, entry.name, 64 << 20));
    LOTMARK_ASSIGN_OR_RETURN(const auto file, to.CreateFile(entry.name));
    LOTMARK_RETURN_IF_ERROR(file->Append(bytes));
    LOTMARK_RETURN_IF_ERROR(file->Close());
  }
  return Ok();
}

Json Hashes(const Proof& proof) {
  Json hashes = Json::array();
  for (const Digest& hash : proof) hashes.push_back(hash.hex());
  return hashes;
}

// About 100 of each kind, over the whole log, its edges and those of its tiles.
std::vector<uint64_t> Places(uint64_t end) {
  std::vector<uint64_t> places;
  const uint64_t step = end < 100 ? 1 : end / 100;
  for (uint64_t i = 0; i < end; i += step) places.push_back(i);
  for (const uint64_t edge : {255, 256, 257, 511, 512, 65535, 65536}) {
    if (edge < end) places.push_back(edge);
  }
  places.push_back(end - 1);
  return places;
}

Result<std::string> ProofsOf(const TileLog& log) {
  Json inclusion = Json::array();
  Json consistency = Json::array();
  for (const uint64_t place : Places(log.head().size)) {
    LOTMARK_ASSIGN_OR_RETURN(const Proof in, log.ProveInclusion(place));
    inclusion.push_back({{"index", place}, {"hashes", Hashes(in)}});
    LOTMARK_ASSIGN_OR_RETURN(const Proof grown, log.ProveConsistency(place + 1));
    consistency.push_back({{"old_size", place + 1}, {"hashes", Hashes(grown)}});
  }
  return DumpJson({{"inclusion", inclusion}, {"consistency", consistency}});
}

Status Write(const std::string& path, uint64_t size) {
  LOTMARK_ASSIGN_OR_RETURN(const auto folder, fs::OpenPosixDir(path));
  LOTMARK_RETURN_IF_ERROR(folder->MakeDir("log"));
  LOTMARK_ASSIGN_OR_RETURN(const auto log_folder, folder->OpenDir("log"));
  const PrivateKey key = PrivateKey::Generate();
  const NoteVerifier verifier(kOrigin, key.public_key());
  if (size < kBuildInMemoryFrom) {
    LOTMARK_RETURN_IF_ERROR(Grow(*log_folder, size, key));
  } else {
    fs::MemFs machine;
    const auto memory = machine.Root();
    LOTMARK_RETURN_IF_ERROR(Grow(*memory, size, key));
    LOTMARK_RETURN_IF_ERROR(CopyTree(*memory, *log_folder));
  }
  LOTMARK_ASSIGN_OR_RETURN(const TileLog log, TileLog::Open(*log_folder, verifier));
  LOTMARK_ASSIGN_OR_RETURN(const std::string proofs, ProofsOf(log));
  LOTMARK_RETURN_IF_ERROR(fs::WriteFileAtomic(*folder, "key", AsBytes(verifier.Text()), fs::IfExists::kRefuse));
  return fs::WriteFileAtomic(*folder, "proofs.json", AsBytes(proofs), fs::IfExists::kRefuse);
}

}  // namespace
}  // namespace lotmark::tlog

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: tlog_writer FOLDER SIZE\n";
    return 2;
  }
  const auto written = lotmark::tlog::Write(argv[1], std::stoull(argv[2]));
  if (!written) std::cerr << "tlog_writer: " << written.error().text << "\n";
  return written ? 0 : 1;
}
