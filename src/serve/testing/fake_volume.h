// A volume in memory for tests of what stands on ModelSource: versions of the fake runtime, a pointer that moves, and
// failures on command.
//
// Versions classify the colours red, green and blue (classify/testing/test_version.h); two versions give one image
// different probabilities. Thread safety: all functions.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "serve/model_source.h"

namespace lotmark::serve::testing {

struct FakeModelOptions {
  std::string mode = {};  // of the fake runtime: "fail", "nan", …
  int sleep_ms = 0;       // how long one inference takes
};

// A verified model named "colours" of this version. Aborts the test program when it cannot be made.
std::shared_ptr<const classify::LoadedModel> MakeModel(const std::string& version,
                                                       const FakeModelOptions& options = {});
VersionIdentity IdentityOf(const classify::LoadedModel& model);

// PNG files of one colour: different ones are different images.
std::string RedImage();
std::string GreenImage();

class FakeVolume {
 public:
  // `this` must outlive the source.
  std::unique_ptr<ModelSource> Source();

  void Add(const std::string& version, const FakeModelOptions& options = {});
  // The pointer names `version`, which must have been added.
  void PointAt(const std::string& version);
  // From now on the pointer cannot be read, or (Mend) can.
  void BreakPointer(Error error);
  void MendPointer();
  // From now on loading `version` fails, or (Mend) does not.
  void Break(const std::string& version, Error error);
  void Mend(const std::string& version);
  // From now on what serves `version` must leave it, or (Permit) may go on.
  void Withdraw(const std::string& version, Withdrawal withdrawal = {"was rolled back from"});
  void Permit(const std::string& version);
  // Memory for loading a version beside `models` others that live, and no more.
  void LimitMemory(size_t models);
  // Between these two every load waits, as for a large model.
  void HoldLoads();
  void ReleaseLoads();

  VersionIdentity Identity(const std::string& version) const;
  size_t loads(const std::string& version) const;  // begun
  size_t loaded() const;                           // models that live now
  std::vector<std::thread::id> freed_on() const;   // the threads that freed a loaded model, in order

 private:
  class FakeSource;
  struct Entry {
    std::shared_ptr<const classify::LoadedModel> model;
    std::optional<Error> error = {};
    std::optional<Withdrawal> withdrawal = {};
    size_t loads = 0;
  };

  Result<VersionIdentity> ReadDesired() const;
  std::optional<Withdrawal> Withdrawn(const VersionIdentity& version) const;
  Status CheckMemory() const;
  Result<std::shared_ptr<const classify::LoadedModel>> Load(const VersionIdentity& identity);

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::map<std::string, Entry> versions_;
  std::string pointer_;
  std::optional<Error> pointer_error_;
  bool held_ = false;
  size_t loaded_ = 0;  // models given out that live
  size_t memory_limit_ = SIZE_MAX;
  std::vector<std::thread::id> freed_on_;
};

}  // namespace lotmark::serve::testing
