// What lies in a volume's journal and in a proof from it: events, checkpoints, tiles, entry bundles, proofs, history.
#include "base/encoding.h"
#include "fuzz.h"
#include "journal/event_json.h"
#include "journal/history.h"
#include "tlog/checkpoint.h"
#include "tlog/note.h"
#include "tlog/proof_text.h"
#include "tlog/tile.h"

namespace lotmark::fuzz {
namespace {

constexpr char kOrigin[] = "lotmark/journal/3f0c2d8e-8c0d-4b7e-9a55-0a3f2d1c4b5a";

const tlog::PrivateKey& Key() {
  static const tlog::PrivateKey key = tlog::PrivateKey::Generate();
  return key;
}

const tlog::NoteVerifier& Verifier() {
  static const tlog::NoteVerifier verifier(kOrigin, Key().public_key());
  return verifier;
}

void CheckEvent(std::string_view text) {
  const auto event = journal::ParseEvent(text);
  if (!event) return Require(!event.error().text.empty(), "a refusal says why");
  const std::string written = journal::FormatEvent(*event);
  const auto again = journal::ParseEvent(written);
  Require(again && journal::FormatEvent(*again) == written, "an event reads back");
}

// Lines are events; whatever they say, they fold to a history or are refused.
void CheckHistory(std::string_view text) {
  std::vector<journal::Event> events;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (auto event = journal::ParseEvent(text.substr(0, end))) {
      event->index = events.size();
      events.push_back(*std::move(event));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const auto history = journal::FoldEvents(events);
  if (!history) return;
  for (const auto& at : history->registered) {
    const auto target = journal::RollbackTarget(*history, at.model);
    Require(!target || history->FindQuarantine(at.model, *target) == nullptr, "no rollback goes into quarantine");
    Require(!target || target != history->ActiveByEvents(at.model), "a rollback goes elsewhere");
  }
}

void CheckNotes(std::string_view text) {
  Require(!tlog::OpenNote(text, Verifier()), "nobody forges a signature");
  const auto verifier = tlog::NoteVerifier::Parse(text);
  if (verifier) Require(tlog::NoteVerifier::Parse(verifier->Text()).has_value(), "a key reads back");
  const auto head = tlog::ParseCheckpoint(text, kOrigin);
  if (head) Require(tlog::FormatCheckpoint(kOrigin, *head) == text, "a checkpoint has one spelling");
  tlog::StatedSize(text);
}

void CheckTiles(std::string_view text, uint64_t width) {
  const auto bundle = tlog::ParseEntryBundle(AsBytes(text), width);
  if (bundle) Require(AsText(tlog::FormatEntryBundle(*bundle)) == text, "a bundle has one form");
  const auto tile = tlog::ParseTile(AsBytes(text), width);
  if (tile) Require(AsText(tlog::FormatTile(*tile)) == text, "a tile has one form");
}

// The text's lines of hashes under a checkpoint that is sound, so that what is inside is reached.
void CheckProof(std::string_view text) {
  Require(!tlog::CheckInclusionProof(text, Verifier()), "nobody forges a proof");
  static const std::string checkpoint = tlog::SignCheckpoint(kOrigin, {9, Sha256Of("a root")}, Key());
  const auto proven = tlog::CheckInclusionProof(std::string(text) + "\n\n" + checkpoint, Verifier());
  Require(!proven, "no hashes lead to a root that is nobody's");
}

void Check(const Input& input) {
  switch (input.choice % 5) {
    case 0:
      return CheckEvent(input.text);
    case 1:
      return CheckHistory(input.text);
    case 2:
      return CheckNotes(input.text);
    case 3:
      return CheckTiles(input.text, input.choice / 5 + 1u);
    default:
      return CheckProof(input.text);
  }
}

}  // namespace
}  // namespace lotmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lotmark::fuzz::Check(lotmark::fuzz::Split(data, size));
  return 0;
}
