#include "records/testing/database_conformance.h"

#include "fs/testing/temp_folder.h"
#include "records/testing/fake_database.h"

namespace lotmark::records {
namespace {

class FakeBackend final : public DatabaseBackend {
 public:
  Result<std::unique_ptr<Database>> Open(OpenMode mode) override { return storage_.Open(mode); }

 private:
  FakeStorage storage_;
};

class SqliteBackend final : public DatabaseBackend {
 public:
  Result<std::unique_ptr<Database>> Open(OpenMode mode) override {
    return OpenDatabase("sqlite://" + folder_.PathOf("records.db"), mode);
  }

 private:
  fs::TempFolder folder_;
};

template <typename Backend>
BackendFactory FactoryOf(const char* name) {
  return {name, [] { return std::make_unique<Backend>(); }};
}

INSTANTIATE_TEST_SUITE_P(Records, DatabaseConformance,
                         ::testing::Values(FactoryOf<FakeBackend>("Fake"), FactoryOf<SqliteBackend>("Sqlite")),
                         [](const auto& backend) { return backend.param.name; });

}  // namespace
}  // namespace lotmark::records
