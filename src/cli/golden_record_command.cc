// golden record: writes golden cases from the model itself into a manifest that is not registered yet.
#include <fmt/core.h>

#include <filesystem>
#include <memory>

#include "base/encoding.h"
#include "classify/golden_record.h"
#include "cli/commands.h"
#include "cli/complete_manifest.h"
#include "cli/files.h"
#include "cli/outside_volume.h"
#include "fs/file_ops.h"
#include "manifest/golden_edit.h"

namespace lotmark::cli {
namespace {

constexpr uint64_t kMaxImageBytes = 64u << 20;
constexpr char kGoldenFolder[] = "golden";

struct RecordRequest {
  std::string where;  // the manifest, or its folder
  std::vector<std::string> images;
  double tolerance = 1e-4;
  bool replace = false;
};

// The manifest that `where` means, in a folder that is in no volume.
Result<NamedFile> FindManifest(const std::string& where) {
  std::error_code error;
  const std::filesystem::path named(where);
  const bool is_folder = std::filesystem::is_directory(named, error);
  const std::string path = is_folder ? (named / manifest::kManifestFile).string() : where;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  LOTMARK_RETURN_IF_ERROR(CheckOutsideVolume(folder.empty() ? "." : folder,
                                             "Work on a folder outside, then register it with `lotmark add`."));
  return OpenFolderOf(path);
}

Status CheckMayRecord(const manifest::Manifest& manifest, bool replace) {
  if (!manifest.golden() || replace) return Ok();
  const auto origin = manifest.golden()->origin;
  return Refused(fmt::format("the manifest has golden cases already (origin {})", GoldenOriginName(origin)),
                 origin == manifest::GoldenOrigin::kTraining
                     ? "They prove more than recorded ones would; --replace gives them up."
                     : "Recorded anew they would agree with a changed model too; --replace does it all the same.");
}

Result<std::vector<classify::GoldenImage>> ReadImages(const std::vector<std::string>& paths) {
  std::vector<classify::GoldenImage> images;
  for (const std::string& path : paths) {
    LOTMARK_ASSIGN_OR_RETURN(const NamedFile file, OpenFolderOf(path));
    LOTMARK_ASSIGN_OR_RETURN(Bytes bytes, ReadFile(file, kMaxImageBytes));
    // A manifest is UTF-8 and could not name it.
    if (!IsUtf8(file.name)) return Refused(Printable(path) + ": the name of the file is not UTF-8");
    images.push_back({fmt::format("{}/{}", kGoldenFolder, file.name), std::move(bytes)});
  }
  return images;
}

// The cases that the model of this manifest gives. Whatever golden cases it had are left out: they would be in the way.
Result<manifest::Golden> Record(const Context& context, const std::string& manifest_text, fs::Dir& folder,
                                const std::vector<classify::GoldenImage>& images, double tolerance) {
  LOTMARK_ASSIGN_OR_RETURN(const runtime::Runtime* runtime, context.ServerRuntime());
  LOTMARK_ASSIGN_OR_RETURN(auto completed, CompleteShowingProgress(manifest::WithoutGolden(manifest_text), folder));
  LOTMARK_ASSIGN_OR_RETURN(const auto manifest, manifest::Manifest::Parse(std::move(completed.bytes)));
  LOTMARK_ASSIGN_OR_RETURN(const auto model, classify::LoadModel(folder, manifest, runtime->format(), *runtime));
  return classify::RecordGolden(*model, images, tolerance);
}

// Those of `images` that are not in the folder yet. kRefused: another file has the name of one.
Result<std::vector<const classify::GoldenImage*>> MissingImages(fs::Dir& folder,
                                                                const std::vector<classify::GoldenImage>& images) {
  std::vector<const classify::GoldenImage*> missing;
  for (const auto& image : images) {
    auto file = folder.OpenFile(image.path);
    if (!file && file.error().code != ErrorCode::kNotFound) return std::move(file).error();
    if (!file) {
      missing.push_back(&image);
      continue;
    }
    LOTMARK_ASSIGN_OR_RETURN(const auto there, fs::HashFile(**file));
    if (there.sha256 == Sha256Of(image.bytes)) continue;
    return Refused(Printable(image.path) + ": another file of this name is there already", "Rename the image.");
  }
  return missing;
}

Status CopyImages(fs::Dir& folder, const std::vector<classify::GoldenImage>& images) {
  LOTMARK_ASSIGN_OR_RETURN(const auto missing, MissingImages(folder, images));
  if (missing.empty()) return Ok();
  LOTMARK_RETURN_IF_ERROR(fs::MakeDirs(folder, kGoldenFolder));
  LOTMARK_ASSIGN_OR_RETURN(const auto golden, folder.OpenDir(kGoldenFolder));
  for (const auto* image : missing) {
    const std::string_view name = std::string_view(image->path).substr(sizeof(kGoldenFolder));
    LOTMARK_RETURN_IF_ERROR(fs::WriteFileAtomic(*golden, name, image->bytes, fs::IfExists::kRefuse));
  }
  return Ok();
}

double TopProbability(const manifest::GoldenCase& one) {
  const auto& probabilities = one.probabilities.begin()->second;
  return *std::max_element(probabilities.begin(), probabilities.end());
}

void PrintRecordedJson(const manifest::Golden& golden, const manifest::Completed& written) {
  Json cases = Json::array();
  for (const auto& one : golden.cases) {
    cases.push_back(Json{{"image", one.image.path},
                         {"sha256", one.image.sha256->hex()},
                         {"pixels_sha256", one.pixels_sha256->hex()},
                         {"top_class", *one.top_class},
                         {"probability", TopProbability(one)}});
  }
  PrintJson(Json{{"origin", GoldenOriginName(golden.origin)},
                 {"tolerance", golden.tolerance},
                 {"cases", std::move(cases)},
                 {"filled_in", written.filled_in},
                 {"manifest_sha256", Sha256Of(written.bytes).hex()}});
}

void PrintRecorded(const manifest::Golden& golden, const manifest::Completed& written) {
  for (const auto& one : golden.cases) {
    PrintLine(
        fmt::format("recorded {}: {} {:.1f} %", Printable(one.image.path), *one.top_class, TopProbability(one) * 100));
  }
  for (const std::string& field : written.filled_in) PrintLine("filled in " + field);
  PrintLine(fmt::format("tolerance {:g}, origin recorded: shows later change; labels and preprocessing it cannot prove",
                        golden.tolerance));
  PrintLine("manifest_sha256 " + Sha256Of(written.bytes).hex());
}

// Nothing is written before all is known to fit; the manifest, which names the images, is written last.
Result<Outcome> RecordGolden(const Context& context, const RecordRequest& request) {
  LOTMARK_ASSIGN_OR_RETURN(const NamedFile file, FindManifest(request.where));
  LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(file, manifest::Manifest::kMaxBytes));
  const std::string text(AsText(bytes));
  LOTMARK_ASSIGN_OR_RETURN(const auto manifest, manifest::Manifest::Parse(text));
  LOTMARK_RETURN_IF_ERROR(CheckMayRecord(manifest, request.replace));
  LOTMARK_ASSIGN_OR_RETURN(const auto images, ReadImages(request.images));
  LOTMARK_ASSIGN_OR_RETURN(const auto golden, Record(context, text, *file.folder, images, request.tolerance));
  const std::string with_golden = manifest::WithGolden(text, golden);
  LOTMARK_RETURN_IF_ERROR(manifest::Manifest::Parse(with_golden));
  LOTMARK_RETURN_IF_ERROR(CopyImages(*file.folder, images));
  LOTMARK_ASSIGN_OR_RETURN(const auto written, CompleteShowingProgress(with_golden, *file.folder));
  LOTMARK_RETURN_IF_ERROR(fs::WriteFileAtomic(*file.folder, file.name, AsBytes(written.bytes), fs::IfExists::kReplace));
  if (context.json()) {
    PrintRecordedJson(golden, written);
  } else {
    PrintRecorded(golden, written);
  }
  return Outcome::kDone;
}

}  // namespace

void AddGoldenRecord(Registrar& registrar) {
  CLI::App* command =
      AddCommand(registrar, "record", "Write down what a model gives for some images as its manifest's golden cases",
                 "lotmark golden record export/2024-v1 --image lesion_1.jpg lesion_2.jpg", {Takes::kJson});
  auto request = std::make_shared<RecordRequest>();
  command->add_option("FOLDER_OR_MANIFEST", request->where, "Of a version that is not registered yet")->required();
  command->add_option("--image", request->images, "Images to record; they are copied into golden/")->required();
  command->add_option("--tolerance", request->tolerance, "Largest allowed difference of a probability")
      ->capture_default_str();
  command->add_flag("--replace", request->replace, "Also when the manifest has golden cases already");
  // `registrar` is gone when this runs; its action is the outer one's.
  command->callback([&action = registrar.action, request] {
    action = [request](const Context& context) { return RecordGolden(context, *request); };
  });
}

}  // namespace lotmark::cli
