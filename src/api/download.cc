#include "api/download.h"

#include <fmt/format.h>

#include <optional>

#include "api/range.h"
#include "base/encoding.h"
#include "fs/fs.h"

namespace lotmark::api {
namespace {

using LogFailure = std::function<void(const std::string&)>;

// A part of an open file.
class FileSlice : public http::BodySource {
 public:
  FileSlice(std::unique_ptr<fs::ReadableFile> file, const Slice& slice, std::string name, LogFailure log_failure)
      : file_(std::move(file)), slice_(slice), name_(std::move(name)), log_failure_(std::move(log_failure)) {}

  uint64_t size() const override { return slice_.size; }
  std::optional<FilePart> file() const override {
    const std::optional<int> descriptor = file_->descriptor();
    if (!descriptor) return std::nullopt;
    return FilePart{*descriptor, slice_.offset};
  }

  Result<size_t> ReadAt(uint64_t offset, std::span<uint8_t> out) override {
    auto count = file_->ReadAt(slice_.offset + offset, out);
    if (count && *count < out.size()) count = Refused("it is shorter than it was when the download began");
    if (!count) log_failure_("download: " + name_ + ": " + count.error().text);
    return count;
  }

 private:
  const std::unique_ptr<fs::ReadableFile> file_;
  const Slice slice_;
  const std::string name_;
  const LogFailure log_failure_;
};

struct NamedFile {
  std::string path;
  std::string content_type;
  Digest sha256;
  std::optional<uint64_t> size;
};

Result<NamedFile> FindFile(const manifest::Manifest& manifest, std::string_view path) {
  if (path == manifest::kManifestFile) {
    return NamedFile{std::string(path), "application/json", manifest.digest(), manifest.bytes().size()};
  }
  for (const manifest::FileRef& file : manifest.Files()) {
    if (file.path != path) continue;
    if (!file.sha256) return Refused(fmt::format("{}: {}: no digest", manifest::kManifestFile, file.field));
    return NamedFile{file.path, "application/octet-stream", *file.sha256, file.size};
  }
  return NotFound(fmt::format("{}: the manifest of {} {} names no such file", Printable(path),
                              manifest.model_name().text(), manifest.version().text()));
}

struct OpenedFile {
  std::unique_ptr<fs::ReadableFile> file;
  uint64_t size = 0;
};

// What the manifest names is there and is a file of that size, or the volume is damaged.
Result<OpenedFile> Open(fs::Dir& folder, const NamedFile& named) {
  auto file = folder.OpenFile(named.path);
  if (!file && file.error().code == ErrorCode::kNotFound) return Refused(file.error().text);
  if (!file) return std::move(file).error();
  LOTMARK_ASSIGN_OR_RETURN(const uint64_t size, (*file)->Size());
  if (named.size && size != *named.size) {
    return Refused(fmt::format("{}: {} bytes: the manifest says {}", Printable(folder.DisplayPath() + "/" + named.path),
                               size, *named.size));
  }
  return OpenedFile{std::move(file).value(), size};
}

http::Response Unsatisfiable(std::string_view range, uint64_t size) {
  auto response = http::ErrorResponse(416, "range_not_satisfiable",
                                      fmt::format("range: {}: the file has {} bytes", Printable(range, 80), size));
  response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
  return response;
}

}  // namespace

DownloadConditions DownloadConditions::Of(const http::Request& request) {
  return {.if_match = std::string(request.header("if-match")),
          .if_none_match = std::string(request.header("if-none-match")),
          .if_range = std::string(request.header("if-range")),
          .range = request.method == "GET" ? std::string(request.header("range")) : ""};
}

Result<http::Response> Download(const store::OpenedVersion& version, std::string_view path,
                                const DownloadConditions& conditions, const LogFailure& log_failure) {
  LOTMARK_ASSIGN_OR_RETURN(const NamedFile named, FindFile(version.manifest, path));
  LOTMARK_ASSIGN_OR_RETURN(OpenedFile opened, Open(*version.folder, named));
  const std::string etag = '"' + named.sha256.hex() + '"';
  if (!conditions.if_match.empty() && !NamesEtag(conditions.if_match, etag, Comparison::kStrong)) {
    return http::ErrorResponse(412, "precondition_failed", "if-match: the file has another digest");
  }
  http::Response response;
  response.content_type = named.content_type;
  response.headers = {
      {"ETag", etag}, {"Accept-Ranges", "bytes"}, {"Cache-Control", "private, max-age=31536000, immutable"}};
  if (NamesEtag(conditions.if_none_match, etag, Comparison::kWeak)) {
    response.status = 304;
    return response;
  }
  // A part is of use only to a client that has other parts of the same bytes.
  const bool same = conditions.if_range.empty() || conditions.if_range == etag;
  const Slice slice = ChooseSlice(same ? conditions.range : "", opened.size);
  if (slice.kind == Slice::Kind::kUnsatisfiable) return Unsatisfiable(conditions.range, opened.size);
  if (slice.kind == Slice::Kind::kPart) {
    response.status = 206;
    response.headers.emplace_back(
        "Content-Range", fmt::format("bytes {}-{}/{}", slice.offset, slice.offset + slice.size - 1, opened.size));
  }
  response.stream = std::make_shared<FileSlice>(
      std::move(opened.file), slice, Printable(version.folder->DisplayPath() + "/" + named.path), log_failure);
  return response;
}

}  // namespace lotmark::api
