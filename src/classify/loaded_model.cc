#include "classify/loaded_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/encoding.h"
#include "base/json.h"
#include "classify/cpu_features.h"
#include "classify/golden.h"
#include "classify/verified_file.h"

namespace lotmark::classify {
namespace {

using manifest::Artifact;
using manifest::Format;
using manifest::Manifest;

std::string OptionsJson(const runtime::RuntimeFacts& facts) {
  Json options = Json::object();
  for (const auto& [key, value] : facts.options) options[key] = value;
  return DumpJson(options);
}

Status CheckServable(const Manifest& manifest, Format format, const runtime::Runtime& runtime) {
  const auto missing = manifest.MissingForServing(format);
  if (!missing.empty()) {
    return Refused(fmt::format("the manifest lacks what serving needs: {}", fmt::join(missing, ", ")),
                   "A guessed default would be a silent clinical error: state them in the manifest of a new version.");
  }
  if (!manifest.artifact(format)->file) {
    return Refused(fmt::format("formats.{}: it is built on the device, and this program cannot build it",
                               manifest::FormatName(format)));
  }
  if (runtime.format() != format) {
    return Refused(fmt::format("formats.{}: {} runs {} files only", manifest::FormatName(format), runtime.name(),
                               manifest::FormatName(runtime.format())));
  }
  return Ok();
}

std::vector<int64_t> TensorShape(const manifest::Preprocessing& preprocessing) {
  const int64_t height = preprocessing.height, width = preprocessing.width;
  if (preprocessing.layout == manifest::Layout::kNchw) return {1, 3, height, width};
  return {1, height, width, 3};
}

// The path by which a model names its data file: the manifest counts from its own folder, a model from its own.
Result<std::string> NameWithinModel(const manifest::FileRef& model, const manifest::FileRef& data) {
  const size_t slash = model.path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : model.path.substr(0, slash + 1);
  if (data.path.starts_with(folder)) return data.path.substr(folder.size());
  return Refused(fmt::format("{}: external data must lie in the folder of {} or beneath", Printable(data.path),
                             Printable(model.path)));
}

Result<runtime::ModelContract> MakeContract(fs::Dir& folder, const Manifest& manifest, const Artifact& artifact,
                                            const LoadOptions& options) {
  runtime::ModelContract contract;
  contract.classes = manifest.classes().size();
  contract.inputs = artifact.inputs;
  contract.outputs = artifact.outputs;
  contract.embedding = manifest.embedding();
  contract.input_shape = TensorShape(*artifact.preprocessing);
  for (const manifest::FileRef& data : artifact.external_data) {
    LOTMARK_ASSIGN_OR_RETURN(std::string name, NameWithinModel(*artifact.file, data));
    LOTMARK_ASSIGN_OR_RETURN(Bytes bytes, ReadVerified(folder, data, options.max_artifact_bytes));
    contract.external_data.emplace(std::move(name), std::move(bytes));
  }
  return contract;
}

// The buffers of the model's files live only in here.
Result<std::unique_ptr<runtime::Session>> MakeSession(fs::Dir& folder, const Manifest& manifest,
                                                      const Artifact& artifact, const runtime::Runtime& runtime,
                                                      const LoadOptions& options) {
  LOTMARK_ASSIGN_OR_RETURN(const Bytes model, ReadVerified(folder, *artifact.file, options.max_artifact_bytes));
  LOTMARK_ASSIGN_OR_RETURN(const auto contract, MakeContract(folder, manifest, artifact, options));
  auto session = runtime.Load(model, contract, {.intra_op_threads = options.intra_op_threads});
  if (!session) return Prefixed(Printable(artifact.file->path), std::move(session).error());
  return session;
}

// Its golden run is done and not yet judged.
Result<std::shared_ptr<LoadedModel>> LoadUnjudged(fs::Dir& folder, const Manifest& manifest, Format format,
                                                  const runtime::Runtime& runtime, const LoadOptions& options) {
  LOTMARK_RETURN_IF_ERROR(CheckServable(manifest, format, runtime));
  LOTMARK_ASSIGN_OR_RETURN(auto session, MakeSession(folder, manifest, *manifest.artifact(format), runtime, options));
  auto model = std::make_shared<LoadedModel>(manifest, format, std::move(session), options.decode_limits);
  LOTMARK_ASSIGN_OR_RETURN(GoldenReport report, RunGolden(*model, folder, options.decode_memory));
  model->set_golden(std::move(report));
  return model;
}

Result<std::shared_ptr<const LoadedModel>> Load(fs::Dir& folder, const Manifest& manifest, Format format,
                                                const runtime::Runtime& runtime, const LoadOptions& options) {
  LOTMARK_ASSIGN_OR_RETURN(auto model, LoadUnjudged(folder, manifest, format, runtime, options));
  LOTMARK_RETURN_IF_ERROR(GoldenVerdict(model->golden()));
  return std::shared_ptr<const LoadedModel>(std::move(model));
}

Error Named(const Manifest& manifest, Error error) {
  return Prefixed(fmt::format("{} {}", manifest.model_name().text(), manifest.version().text()), std::move(error));
}

}  // namespace

LoadedModel::LoadedModel(Manifest manifest, Format format, std::unique_ptr<runtime::Session> session,
                         const image::DecodeLimits& decode_limits)
    : manifest_(std::move(manifest)),
      format_(format),
      session_(std::move(session)),
      decode_limits_(decode_limits),
      preprocessing_sha256_(Sha256Of(preprocessing().Canonical())),
      runtime_options_(OptionsJson(session_->facts())),
      cpu_features_(CpuFeatures()) {}

Result<std::shared_ptr<const LoadedModel>> LoadModel(fs::Dir& version_folder, const Manifest& manifest, Format format,
                                                     const runtime::Runtime& runtime, const LoadOptions& options) {
  auto loaded = Load(version_folder, manifest, format, runtime, options);
  if (loaded) return loaded;
  return Named(manifest, std::move(loaded).error());
}

Result<GoldenRun> LoadAndRunGolden(fs::Dir& version_folder, const Manifest& manifest, Format format,
                                   const runtime::Runtime& runtime, const LoadOptions& options) {
  auto loaded = LoadUnjudged(version_folder, manifest, format, runtime, options);
  if (!loaded) return Named(manifest, std::move(loaded).error());
  const LoadedModel& model = **loaded;
  return GoldenRun{model.golden(), model.artifact_sha256(), model.session().facts()};
}

}  // namespace lotmark::classify
