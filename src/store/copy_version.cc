#include "fs/file_ops.h"
#include "store/expected_file.h"
#include "store/layout.h"
#include "store/registration.h"
#include "store/version_folder.h"

namespace lotmark::store {
namespace {

using manifest::FileRef;

Error AboutFile(const FileRef& ref, Error error) { return Prefixed(ref.field, std::move(error)); }

// All sizes before the first byte is copied: a file of the wrong size is found out at once, not after gigabytes.
Result<uint64_t> CheckSources(fs::Dir& source, const std::vector<FileRef>& files) {
  uint64_t total = 0;
  for (const FileRef& ref : files) {
    auto file = source.OpenFile(ref.path);
    if (!file) return AboutFile(ref, std::move(file).error());
    LOTMARK_ASSIGN_OR_RETURN(const uint64_t size, (*file)->Size());
    if (const std::string wrong = SizeDifference(ref, size); !wrong.empty()) return Refused(NameOf(ref) + ": " + wrong);
    total += size;
  }
  return total;
}

Status MakeParent(fs::Dir& folder, const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? Ok() : fs::MakeDirs(folder, path.substr(0, slash));
}

Status CopyOne(fs::Dir& source, const FileRef& ref, fs::Dir& folder, const fs::Progress& progress) {
  auto from = source.OpenFile(ref.path);
  if (!from) return AboutFile(ref, std::move(from).error());
  LOTMARK_RETURN_IF_ERROR(MakeParent(folder, ref.path));
  LOTMARK_ASSIGN_OR_RETURN(const fs::HashedFile copied, fs::CopyFileHashing(**from, folder, ref.path, progress));
  const std::string wrong = Difference(ref, copied);
  return wrong.empty() ? Ok() : Refused(NameOf(ref) + ": " + wrong);
}

Status WriteManifest(fs::Dir& folder, const std::string& bytes) {
  LOTMARK_ASSIGN_OR_RETURN(const std::unique_ptr<fs::WritableFile> file, folder.CreateFile(kManifestFile));
  LOTMARK_RETURN_IF_ERROR(file->Append(AsBytes(bytes)));
  LOTMARK_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace

Status CopyVersion(fs::Dir& source, const manifest::Manifest& manifest, fs::Dir& folder, const ProgressFn& progress) {
  const std::vector<FileRef> files = manifest.Files();
  LOTMARK_ASSIGN_OR_RETURN(const uint64_t total, CheckSources(source, files));
  LOTMARK_RETURN_IF_ERROR(WriteManifest(folder, manifest.bytes()));
  uint64_t before = 0;
  for (const FileRef& ref : files) {
    uint64_t here = 0;
    const fs::Progress step = [&](uint64_t done) {
      here = done;
      return !progress || progress({ref.path, before + done, total});
    };
    LOTMARK_RETURN_IF_ERROR(CopyOne(source, ref, folder, step));
    before += here;
  }
  return SyncTree(folder);
}

}  // namespace lotmark::store
