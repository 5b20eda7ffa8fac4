// What every command shares: the common options, how it opens volume and records, and how it prints.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cli/toolbox.h"
#include "records/database.h"
#include "store/reader.h"
#include "store/volume.h"

namespace lotmark::cli {

// Commands that looked and found something wrong end with kCheckFailed after printing what they found; commands that
// could not do their work return an Error.
enum class Outcome { kDone, kCheckFailed };

// Values of the common options, from the command line or the environment.
struct CommonOptions {
  std::string volume;   // --volume, LOTMARK_VOLUME
  std::string records;  // --records, LOTMARK_RECORDS
  std::string model;    // --model; "" = the volume's primary model
  std::string state;    // --state; "" = StateFolder("")
  std::string actor;    // --actor, LOTMARK_ACTOR; "" = login@host
  bool json = false;    // --json
};

class Context {
 public:
  Context(const Toolbox& toolbox, const CommonOptions& options) : toolbox_(toolbox), options_(options) {}

  const Toolbox& toolbox() const { return toolbox_; }
  bool json() const { return options_.json; }

  // kUsage when neither --volume nor LOTMARK_VOLUME names one.
  Result<std::unique_ptr<store::Reader>> OpenReader() const;  // with what this user remembers of the journal
  Result<std::unique_ptr<store::Reader>> OpenReader(const store::ReaderOptions& options) const;
  Result<std::unique_ptr<store::Volume>> OpenVolume() const;
  Result<std::string> RecordsUrl() const;
  Result<std::unique_ptr<records::Database>> OpenRecords(records::OpenMode mode) const;

  // --model, or the primary model of the volume.
  Result<ModelName> Model(const store::Reader& reader) const;
  // The runtime that servers use (ONNX). kRefused when this program was built without it.
  Result<const runtime::Runtime*> ServerRuntime() const;
  journal::Actor Actor() const;
  // For an existing volume; for a new one its key is made.
  store::VolumeOptions VolumeOptions() const;
  store::VolumeOptions NewVolumeOptions() const;
  const std::string& volume_path() const { return options_.volume; }

 private:
  store::MemorySource MemorySource() const;

  const Toolbox& toolbox_;
  const CommonOptions& options_;
};

// To standard output; what cannot be written is reported when the command ends.
void Print(std::string_view text);
void PrintLine(const std::string& line);
// To standard error.
void PrintErrorLine(const std::string& line);
void PrintJson(const Json& value);

}  // namespace lotmark::cli
