// manifest complete: fills in digests and sizes before anyone signs the manifest.
#include <memory>

#include "cli/commands.h"
#include "cli/complete_manifest.h"
#include "cli/files.h"
#include "fs/file_ops.h"

namespace lotmark::cli {
namespace {

Result<Outcome> Complete(const std::string& path) {
  LOTMARK_ASSIGN_OR_RETURN(const NamedFile file, OpenFolderOf(path));
  LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(file, manifest::Manifest::kMaxBytes));
  LOTMARK_ASSIGN_OR_RETURN(const auto completed, CompleteShowingProgress(AsText(bytes), *file.folder));
  if (completed.filled_in.empty()) {
    PrintLine("nothing to fill in: " + path + " is complete");
  } else {
    LOTMARK_RETURN_IF_ERROR(
        fs::WriteFileAtomic(*file.folder, file.name, AsBytes(completed.bytes), fs::IfExists::kReplace));
    for (const std::string& field : completed.filled_in) PrintLine("filled in " + field);
  }
  PrintLine("manifest_sha256 " + Sha256Of(completed.bytes).hex());
  return Outcome::kDone;
}

}  // namespace

void AddManifest(Registrar& registrar) {
  CLI::App* command = registrar.app.add_subcommand("manifest", "Work on a manifest that is not registered yet");
  command->require_subcommand(1);
  Registrar nested{*command, registrar.common, registrar.action};
  CLI::App* complete =
      AddCommand(nested, "complete", "Fill in missing digests and sizes from the files beside the manifest",
                 "lotmark manifest complete export/2024-v1/model-manifest.json", {});
  auto path = std::make_shared<std::string>();
  complete->add_option("FILE", *path, "Path of a model-manifest.json; it is rewritten in place")->required();
  complete->callback([&registrar, path] { registrar.action = [path](const Context&) { return Complete(*path); }; });
}

}  // namespace lotmark::cli
