#include "store/testing/sample_version.h"

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>

#include "base/digest.h"
#include "fs/file_ops.h"

namespace lotmark::store {
namespace {

constexpr std::string_view kManifestTemplate = R"({{
  "model_name": "{model}",
  "version": "{version}",
  "training_dataset": "none: a fixture of tests",
  "export_date": "2026-02-21",
  "source_framework": "by hand",
  "formats": {{"onnx": {{"path": "model.onnx", "sha256": "{onnx_sha256}", "size": {onnx_size}}}}},
  {serving}"accuracy": {{"top1": 0.75}},
  "previous_version": null
}}
)";

constexpr std::string_view kServingTemplate = R"("classes": ["melanoma", "nevus"],
  "preprocessing": {{"decode": "rgb8", "crop": "center_square",
                    "resize": {{"width": 32, "height": 32, "filter": "bilinear"}},
                    "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "layout": "NCHW"}},
  "golden": {{
    "origin": "training",
    "tolerance": 0.001,
    "cases": [{{"image": "golden/case_1.png", "sha256": "{golden_sha256}", "probabilities": {{"onnx": [0.25, 0.75]}}}}]
  }},
  )";

void OrDie(const Status& status) {
  if (status) return;
  std::cerr << "cannot write a fixture: " << status.error().text << "\n";
  std::abort();
}

Status WriteNew(fs::Dir& folder, const std::string& path, const std::string& bytes) {
  if (const size_t slash = path.rfind('/'); slash != std::string::npos) {
    LOTMARK_RETURN_IF_ERROR(fs::MakeDirs(folder, path.substr(0, slash)));
  }
  LOTMARK_ASSIGN_OR_RETURN(const auto file, folder.CreateFile(path));
  LOTMARK_RETURN_IF_ERROR(file->Append(AsBytes(bytes)));
  LOTMARK_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace

std::map<std::string, std::string> SampleVersion::Files() const {
  if (!servable) return {{"model.onnx", weights}};
  return {{"model.onnx", weights}, {"golden/case_1.png", "a picture for " + version}};
}

std::string SampleVersion::ManifestBytes() const {
  const auto files = Files();
  std::string serving;
  if (servable) {
    const std::string golden_sha256 = Sha256Of(files.at("golden/case_1.png")).hex();
    serving = fmt::format(kServingTemplate, fmt::arg("golden_sha256", golden_sha256));
  }
  return fmt::format(kManifestTemplate, fmt::arg("model", model), fmt::arg("version", version),
                     fmt::arg("onnx_sha256", Sha256Of(files.at("model.onnx")).hex()),
                     fmt::arg("onnx_size", files.at("model.onnx").size()), fmt::arg("serving", serving));
}

void WriteSampleFile(fs::Dir& folder, const std::string& path, const std::string& bytes) {
  OrDie(WriteNew(folder, path, bytes));
}

void WriteSampleFiles(fs::Dir& folder, const SampleVersion& sample) {
  for (const auto& [path, bytes] : sample.Files()) WriteSampleFile(folder, path, bytes);
  OrDie(folder.Sync());
}

Result<tlog::PrivateKey> TestJournalKey(const Uuid&) {
  static const tlog::PrivateKey key = tlog::PrivateKey::Generate();
  return key;
}

}  // namespace lotmark::store
