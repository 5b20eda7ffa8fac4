// What the suites that run on several Dirs share: a fresh empty folder of the backend under test, and short words for
// writing and reading in it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "fs/file_ops.h"
#include "fs/fs.h"

namespace lotmark::fs {

// A place with one empty folder, deleted with the backend.
class DirBackend {
 public:
  virtual ~DirBackend() = default;
  virtual std::unique_ptr<Dir> Open() = 0;
};

struct BackendCase {
  std::string name;
  std::function<std::unique_ptr<DirBackend>()> make;
};
inline void PrintTo(const BackendCase& backend, std::ostream* out) { *out << backend.name; }
inline std::string BackendName(const testing::TestParamInfo<BackendCase>& info) { return info.param.name; }

template <typename T>
ErrorCode CodeOf(const Result<T>& result) {
  EXPECT_FALSE(result) << "it succeeded";
  return result ? ErrorCode::kUsage : result.error().code;
}

class DirFixture : public testing::TestWithParam<BackendCase> {
 protected:
  void SetUp() override {
    backend_ = GetParam().make();
    dir_ = backend_->Open();
    ASSERT_NE(dir_, nullptr);
  }

  Status Write(std::string_view path, std::string_view text) {
    LOTMARK_ASSIGN_OR_RETURN(const auto file, dir_->CreateFile(path));
    LOTMARK_RETURN_IF_ERROR(file->Append(AsBytes(text)));
    return file->Close();
  }

  // The text of a file, or the error in brackets.
  std::string Read(std::string_view path) {
    const Result<Bytes> bytes = ReadWholeFile(*dir_, path, 1 << 20);
    return bytes ? std::string(AsText(*bytes)) : "<" + bytes.error().text + ">";
  }

  static std::vector<std::string> NamesIn(Dir& dir) {
    std::vector<std::string> names;
    const Result<std::vector<Entry>> entries = dir.List();
    EXPECT_TRUE(entries);
    if (entries) {
      for (const Entry& entry : *entries) names.push_back(entry.name);
    }
    return names;
  }

  std::unique_ptr<DirBackend> backend_;
  std::unique_ptr<Dir> dir_;
};

}  // namespace lotmark::fs
