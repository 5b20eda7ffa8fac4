#include "serve/testing/fake_volume.h"

#include <cstdlib>
#include <functional>
#include <iostream>

#include "classify/testing/test_version.h"
#include "fs/testing/mem_fs.h"
#include "runtime/testing/fake_runtime.h"

namespace lotmark::serve::testing {
namespace {

using classify::LoadedModel;

int SeedOf(const std::string& version) { return static_cast<int>(std::hash<std::string>{}(version) % 1000); }

std::string Text(const Bytes& bytes) { return std::string(AsText(bytes)); }

}  // namespace

std::shared_ptr<const LoadedModel> MakeModel(const std::string& version, const FakeModelOptions& options) {
  const std::string bytes = runtime::testing::FakeModel(SeedOf(version), options.mode, options.sleep_ms);
  auto made = classify::testing::MakeVersion(Bytes(bytes.begin(), bytes.end()));
  made.fields["version"] = version;
  fs::MemFs machine;
  const auto folder = machine.Root();
  const auto manifest = classify::testing::WriteVersion(made, *folder);
  const runtime::testing::FakeRuntime runtime;
  auto model = classify::LoadModel(*folder, manifest, manifest::Format::kOnnx, runtime);
  if (!model) {
    std::cerr << "cannot make a fixture: " << model.error().text << "\n";
    std::abort();
  }
  return std::move(*model);
}

VersionIdentity IdentityOf(const LoadedModel& model) {
  return {model.manifest().model_name(), model.manifest().version(), model.manifest().digest()};
}

std::string RedImage() { return Text(classify::testing::FlatPng(16, 16, {204, 51, 77})); }
std::string GreenImage() { return Text(classify::testing::FlatPng(16, 16, {26, 230, 51})); }

class FakeVolume::FakeSource final : public ModelSource {
 public:
  explicit FakeSource(FakeVolume& volume) : volume_(volume) {}
  Result<VersionIdentity> ReadDesired() override { return volume_.ReadDesired(); }
  std::optional<Withdrawal> Withdrawn(const VersionIdentity& version) const override {
    return volume_.Withdrawn(version);
  }
  Status CheckMemory(const VersionIdentity&) override { return volume_.CheckMemory(); }
  Result<std::shared_ptr<const LoadedModel>> Load(const VersionIdentity& identity) override {
    return volume_.Load(identity);
  }

 private:
  FakeVolume& volume_;
};

std::unique_ptr<ModelSource> FakeVolume::Source() { return std::make_unique<FakeSource>(*this); }

void FakeVolume::Add(const std::string& version, const FakeModelOptions& options) {
  auto model = MakeModel(version, options);
  const std::lock_guard lock(mutex_);
  versions_[version] = Entry{std::move(model)};
}

void FakeVolume::PointAt(const std::string& version) {
  const std::lock_guard lock(mutex_);
  pointer_ = version;
}

void FakeVolume::BreakPointer(Error error) {
  const std::lock_guard lock(mutex_);
  pointer_error_ = std::move(error);
}

void FakeVolume::MendPointer() {
  const std::lock_guard lock(mutex_);
  pointer_error_.reset();
}

void FakeVolume::Break(const std::string& version, Error error) {
  const std::lock_guard lock(mutex_);
  versions_.at(version).error = std::move(error);
}

void FakeVolume::Mend(const std::string& version) {
  const std::lock_guard lock(mutex_);
  versions_.at(version).error.reset();
}

void FakeVolume::Withdraw(const std::string& version, Withdrawal withdrawal) {
  const std::lock_guard lock(mutex_);
  versions_.at(version).withdrawal = std::move(withdrawal);
}

void FakeVolume::Permit(const std::string& version) {
  const std::lock_guard lock(mutex_);
  versions_.at(version).withdrawal.reset();
}

void FakeVolume::LimitMemory(size_t models) {
  const std::lock_guard lock(mutex_);
  memory_limit_ = models;
}

void FakeVolume::HoldLoads() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

void FakeVolume::ReleaseLoads() {
  const std::lock_guard lock(mutex_);
  held_ = false;
  changed_.notify_all();
}

VersionIdentity FakeVolume::Identity(const std::string& version) const {
  const std::lock_guard lock(mutex_);
  return IdentityOf(*versions_.at(version).model);
}

size_t FakeVolume::loads(const std::string& version) const {
  const std::lock_guard lock(mutex_);
  return versions_.at(version).loads;
}

size_t FakeVolume::loaded() const {
  const std::lock_guard lock(mutex_);
  return loaded_;
}

std::vector<std::thread::id> FakeVolume::freed_on() const {
  const std::lock_guard lock(mutex_);
  return freed_on_;
}

Result<VersionIdentity> FakeVolume::ReadDesired() const {
  const std::lock_guard lock(mutex_);
  if (pointer_error_) return *pointer_error_;
  if (pointer_.empty()) return NotFound("no active version");
  return IdentityOf(*versions_.at(pointer_).model);
}

std::optional<Withdrawal> FakeVolume::Withdrawn(const VersionIdentity& version) const {
  const std::lock_guard lock(mutex_);
  return versions_.at(version.version.text()).withdrawal;
}

Status FakeVolume::CheckMemory() const {
  const std::lock_guard lock(mutex_);
  return loaded_ <= memory_limit_ ? Ok() : Refused("not enough memory to load the model");
}

Result<std::shared_ptr<const LoadedModel>> FakeVolume::Load(const VersionIdentity& identity) {
  std::unique_lock lock(mutex_);
  Entry& entry = versions_.at(identity.version.text());
  ++entry.loads;
  changed_.wait(lock, [this] { return !held_; });
  if (entry.error) return *entry.error;
  if (loaded_ > memory_limit_) return Refused("not enough memory to load the model");
  ++loaded_;
  // A pointer of its own to the shared model, so that its end can be seen.
  return std::shared_ptr<const LoadedModel>(entry.model.get(), [this](const LoadedModel*) {
    const std::lock_guard freeing(mutex_);
    freed_on_.push_back(std::this_thread::get_id());
    --loaded_;
  });
}

}  // namespace lotmark::serve::testing
