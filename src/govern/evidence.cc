#include "govern/evidence.h"

#include "store/fact_file.h"
#include "store/layout.h"

namespace lotmark::govern {

Result<AddedEvidence> AddEvidence(const store::Workplace& place, const ModelName& model, const Version& version,
                                  const std::string& kind, const std::string& document) {
  LOTMARK_ASSIGN_OR_RETURN(store::LockedVolume volume, store::LockedVolume::Take(place));
  const journal::RegisteredVersion* registered = volume.history().FindRegistered(model, version);
  if (registered == nullptr) return NotFound(model.text() + " " + version.text() + " is not registered in this volume");
  AddedEvidence added{Sha256Of(AsBytes(document)), false};
  for (const journal::VersionFact& at : volume.history().evidence) {
    if (at.model == model && at.version == version && at.file == added.sha256) added.was_there = true;
  }
  if (added.was_there) return added;
  journal::Event event =
      store::MakeEvent(journal::EventKind::kEvidenceAdded, model, version, registered->manifest_sha256);
  event.evidence = kind;
  LOTMARK_ASSIGN_OR_RETURN(event.file_sha256,
                           store::WriteFact(volume.root(), store::EvidencePath(model, version), AsBytes(document)));
  LOTMARK_RETURN_IF_ERROR(volume.Record(std::move(event)));
  return added;
}

}  // namespace lotmark::govern
