// What the steps of `lotmark update` do: to the volume, and to the services that are asked. And what they would do.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/files.h"
#include "cli/service_check.h"
#include "cli/update_steps.h"
#include "client/http_client.h"
#include "manifest/manifest.h"
#include "policy/decision.h"

namespace lotmark::cli {

// What the policy still asks of a version before it may become active.
using PolicyCheck =
    std::function<Result<std::vector<policy::Unmet>>(const Context&, const store::Reader&, const manifest::Manifest&)>;

struct UpdateOptions {
  std::string path;  // of a manifest, or of the folder that it lies in
  std::vector<std::string> services = {};
  std::string reason = {};  // "" = "update to VERSION"
  std::string ca_file = {};
  std::chrono::seconds timeout{120};  // for one service to serve the version
  PolicyCheck check_policy = {};
};

// What the manifest says and where it lies; known after the first step.
struct UpdateSubject {
  manifest::Manifest manifest;
  std::unique_ptr<fs::Dir> folder;

  client::ServedVersion served() const { return {manifest.model_name(), manifest.version(), manifest.digest()}; }
};

// The common half: checking changes nothing, whether for real or not.
class UpdateBase : public UpdateEffects {
 public:
  UpdateBase(const Context& context, const UpdateOptions& options) : context_(context), options_(options) {}
  Result<StepDone> Perform(UpdateStep step) override;

  // nullptr before the first step has read it.
  const UpdateSubject* subject() const { return subject_.get(); }

 protected:
  virtual Result<StepDone> Add() = 0;
  virtual Result<StepDone> Golden() = 0;
  virtual Result<StepDone> Activate() = 0;
  virtual Result<StepDone> AskServices() = 0;

  Result<StepDone> RunGoldenIn(fs::Dir& folder) const;
  // "5 files of 1.3 MiB"
  std::string FilesText() const;

  const Context& context_;
  const UpdateOptions& options_;
  std::unique_ptr<UpdateSubject> subject_;
  std::vector<client::HttpClient> services_;

 private:
  Result<StepDone> Check();
  Status ReadSubject();
  Result<std::string> GreetServices();
  Result<StepDone> CheckApprovals() const;
};

class RealUpdate final : public UpdateBase {
 public:
  using UpdateBase::UpdateBase;
  Result<std::optional<RolledBack>> RollBack(const std::string& reason) override;

 private:
  Result<StepDone> Add() override;
  Result<StepDone> Golden() override;
  Result<StepDone> Activate() override;
  Result<StepDone> AskServices() override;

  Judgement UnlessMoved(Judgement judged) const;
  Result<std::string> AskService(const client::HttpClient& service, const ExpectedReply* expected,
                                 ByteView image) const;
  std::string AskWhetherBack(const client::ServedVersion& version) const;

  std::unique_ptr<store::Volume> volume_;
};

// Reads and runs what the real one would, and changes nothing: it takes no lock and opens nothing for writing.
class DryUpdate final : public UpdateBase {
 public:
  using UpdateBase::UpdateBase;
  Result<std::optional<RolledBack>> RollBack(const std::string& reason) override;

 private:
  Result<StepDone> Add() override;
  Result<StepDone> Golden() override;
  Result<StepDone> Activate() override;
  Result<StepDone> AskServices() override;
};

}  // namespace lotmark::cli
