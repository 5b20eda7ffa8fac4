// journal verify | prove | check-proof | export | checkpoint | key: what an auditor asks of the journal.
#include <fmt/core.h>

#include <functional>
#include <memory>

#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/forms.h"
#include "cli/outside_volume.h"
#include "fs/file_ops.h"
#include "fs/posix_fs.h"
#include "journal/event_json.h"
#include "store/journal_verification.h"
#include "store/repair.h"
#include "tlog/checkpoint.h"
#include "tlog/proof_text.h"

namespace lotmark::cli {
namespace {

Result<std::optional<store::KeptCheckpoint>> ReadKept(const std::string& path) {
  if (path.empty()) return std::optional<store::KeptCheckpoint>();
  LOTMARK_ASSIGN_OR_RETURN(const NamedFile file, OpenFolderOf(path));
  LOTMARK_ASSIGN_OR_RETURN(const Bytes note, ReadFile(file, tlog::kMaxNoteBytes));
  return std::optional(store::KeptCheckpoint{path, std::string(AsText(note))});
}

// A command at work beside this one replaces partial tiles by wider ones.
constexpr int kTries = 20;

// Opens the log for `look`, which returns whether it found what it should; once more where it did not and the log has
// grown meanwhile. An error of `look` is its caller's.
lotmark::Status LookAtLog(const store::Reader& reader, const std::function<bool(const tlog::TileLog&)>& look) {
  for (int tries_left = kTries;; --tries_left) {
    LOTMARK_ASSIGN_OR_RETURN(const auto log, reader.journal().OpenLog());
    if (look(log) || tries_left == 0) return Ok();
    LOTMARK_ASSIGN_OR_RETURN(const auto again, reader.journal().OpenLog());
    if (again.head() == log.head()) return Ok();
  }
}

Result<Outcome> Verify(const Context& context, const std::string& against) {
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const auto kept, ReadKept(against));
  Result<store::JournalReport> verified = store::JournalReport();
  LOTMARK_RETURN_IF_ERROR(LookAtLog(*reader, [&](const tlog::TileLog&) {
    verified = store::VerifyJournal(*reader, kept);
    return verified && verified->ok();
  }));
  LOTMARK_ASSIGN_OR_RETURN(const store::JournalReport report, std::move(verified));
  const Outcome outcome = report.ok() ? Outcome::kDone : Outcome::kCheckFailed;
  if (context.json()) {
    PrintJson(Json{{"ok", report.ok()},
                   {"events", report.head.size},
                   {"root", report.head.root.hex()},
                   {"journal_key", reader->info().journal_key.Text()},
                   {"problems", report.problems}});
    return outcome;
  }
  for (const std::string& one : report.problems) PrintLine("BAD  " + Printable(one, 1000));
  PrintLine(fmt::format("{} events, root {}: {}", report.head.size, report.head.root.hex(),
                        report.ok() ? "verified" : fmt::format("{} problems", report.problems.size())));
  if (report.ok() && kept) PrintLine("it extends the checkpoint in " + Printable(against));
  return outcome;
}

Result<std::string> ProofOf(const tlog::TileLog& log, int64_t event) {
  if (event < 0 || static_cast<uint64_t>(event) >= log.head().size) {
    return NotFound(fmt::format("the journal has no event {}: it has {}", event, log.head().size));
  }
  const auto index = static_cast<uint64_t>(event);
  LOTMARK_ASSIGN_OR_RETURN(const auto entries, log.ReadAll());
  LOTMARK_ASSIGN_OR_RETURN(const tlog::Proof proof, log.ProveInclusion(index));
  return tlog::FormatInclusionProof({entries[index], index, proof, log.checkpoint()});
}

Result<Outcome> Prove(const Context& context, int64_t event) {
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const auto events, reader->History());  // it extends what is remembered
  Result<std::string> proof = std::string();
  LOTMARK_RETURN_IF_ERROR(LookAtLog(*reader, [&](const tlog::TileLog& log) {
    proof = ProofOf(log, event);
    return proof.has_value();
  }));
  if (!proof) return std::move(proof).error();
  Print(*proof);
  return Outcome::kDone;
}

Result<Outcome> CheckProof(const Context& context, const std::string& path, const std::string& key_text) {
  LOTMARK_ASSIGN_OR_RETURN(const NamedFile file, OpenFolderOf(path));
  LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(file, tlog::kMaxNoteBytes));
  LOTMARK_ASSIGN_OR_RETURN(const auto verifier, tlog::NoteVerifier::Parse(key_text));
  auto proven = tlog::CheckInclusionProof(AsText(bytes), verifier);
  if (!proven) return Prefixed(Printable(path), std::move(proven).error());
  LOTMARK_ASSIGN_OR_RETURN(const journal::Event event, journal::ParseEvent(AsText(proven->entry)));
  if (context.json()) {
    PrintJson(
        Json{{"event", EventJson(event)}, {"journal_size", proven->head.size}, {"root", proven->head.root.hex()}});
    return Outcome::kDone;
  }
  PrintLine(fmt::format("event {} is in the journal {} of {} events", event.index, verifier.name(), proven->head.size));
  PrintLine(std::string(AsText(proven->entry)));
  return Outcome::kDone;
}

// Into the empty folder `to`. Returns how many events.
Result<size_t> CopyLog(const tlog::TileLog& log, const tlog::NoteVerifier& verifier, fs::Dir& to) {
  LOTMARK_ASSIGN_OR_RETURN(const auto entries, log.ReadAll());
  std::string lines;
  for (const Bytes& entry : entries) lines += std::string(AsText(entry)) + "\n";
  LOTMARK_RETURN_IF_ERROR(log.CopyTilesTo(to));
  LOTMARK_RETURN_IF_ERROR(
      fs::WriteFileAtomic(to, "journal.key.pub", AsBytes(verifier.Text() + "\n"), fs::IfExists::kReplace));
  LOTMARK_RETURN_IF_ERROR(fs::WriteFileAtomic(to, "events.jsonl", AsBytes(lines), fs::IfExists::kReplace));
  LOTMARK_RETURN_IF_ERROR(
      fs::WriteFileAtomic(to, tlog::kCheckpointFile, AsBytes(log.checkpoint()), fs::IfExists::kReplace));
  // What an earlier try left of a journal that grew meanwhile.
  LOTMARK_ASSIGN_OR_RETURN(auto copy, tlog::TileLog::Open(to, verifier));
  LOTMARK_RETURN_IF_ERROR(copy.Recover());
  return entries.size();
}

Result<Outcome> Export(const Context& context, const std::string& path) {
  LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
  LOTMARK_ASSIGN_OR_RETURN(const auto events, reader->History());  // it extends what is remembered
  LOTMARK_RETURN_IF_ERROR(CheckOutsideVolume(path, "Export to a folder outside."));
  LOTMARK_ASSIGN_OR_RETURN(const auto folder, fs::CreatePosixDir(path));
  LOTMARK_ASSIGN_OR_RETURN(const auto there, folder->List());
  if (!there.empty()) return Refused(Printable(path) + ": is not empty", "Give a new or an empty folder.");
  Result<size_t> copied = size_t{0};
  LOTMARK_RETURN_IF_ERROR(LookAtLog(*reader, [&](const tlog::TileLog& log) {
    copied = CopyLog(log, reader->info().journal_key, *folder);
    return copied.has_value();
  }));
  if (!copied) return std::move(copied).error();
  PrintLine(fmt::format("exported {} events to {}", *copied, Printable(path)));
  return Outcome::kDone;
}

}  // namespace

void AddJournal(Registrar& registrar) {
  CLI::App* group = registrar.app.add_subcommand("journal", "Verify, prove and export the journal");
  group->require_subcommand(1);
  Registrar nested{*group, registrar.common, registrar.action};
  Action& action = registrar.action;

  CLI::App* verify =
      AddCommand(nested, "verify", "Read every event and every hash of the journal again",
                 "lotmark journal verify --against checkpoint-of-last-year", {Takes::kVolume, Takes::kJson});
  auto against = std::make_shared<std::string>();
  verify->add_option("--against", *against, "An earlier checkpoint that the journal must extend");
  verify->callback(
      [&action, against] { action = [against](const Context& context) { return Verify(context, *against); }; });

  CLI::App* prove = AddCommand(nested, "prove", "Print a proof that an event is in the journal",
                               "lotmark journal prove 41 > event-41.proof", {Takes::kVolume});
  auto event = std::make_shared<int64_t>(0);
  prove->add_option("EVENT", *event, "Number of the event, as `history` shows it")->required();
  prove->callback([&action, event] { action = [event](const Context& context) { return Prove(context, *event); }; });

  CLI::App* check =
      AddCommand(nested, "check-proof", "Check a proof; needs no volume",
                 "lotmark journal check-proof event-41.proof --key \"$(cat journal.key.pub)\"", {Takes::kJson});
  auto proof = std::make_shared<std::string>();
  auto key = std::make_shared<std::string>();
  check->add_option("FILE", *proof, "File that `journal prove` made")->required();
  check->add_option("--key", *key, "The journal's key, as `journal key` prints it")->required();
  check->callback([&action, proof, key] {
    action = [proof, key](const Context& context) { return CheckProof(context, *proof, *key); };
  });

  CLI::App* exporting = AddCommand(nested, "export", "Copy the journal, for any verifier of transparency logs",
                                   "lotmark journal export journal-2026", {Takes::kVolume});
  auto folder = std::make_shared<std::string>();
  exporting->add_option("FOLDER", *folder, "A new or an empty folder")->required();
  exporting->callback(
      [&action, folder] { action = [folder](const Context& context) { return Export(context, *folder); }; });

  CLI::App* checkpoint = AddCommand(nested, "checkpoint", "Print the signed checkpoint: keep it outside the volume",
                                    "lotmark journal checkpoint > checkpoint-2026", {Takes::kVolume});
  checkpoint->callback([&action] {
    action = [](const Context& context) -> Result<Outcome> {
      LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
      LOTMARK_ASSIGN_OR_RETURN(const auto events, reader->History());  // it extends what is remembered
      LOTMARK_ASSIGN_OR_RETURN(const auto log, reader->journal().OpenLog());
      Print(log.checkpoint());
      return Outcome::kDone;
    };
  });

  CLI::App* print_key = AddCommand(nested, "key", "Print the key that the journal is verified with",
                                   "lotmark journal key > journal.key.pub", {Takes::kVolume});
  print_key->callback([&action] {
    action = [](const Context& context) -> Result<Outcome> {
      LOTMARK_ASSIGN_OR_RETURN(const auto reader, context.OpenReader());
      PrintLine(reader->info().journal_key.Text());
      return Outcome::kDone;
    };
  });
}

}  // namespace lotmark::cli
