// A fresh folder on the real disk for one test, removed with all in it when the test ends.
#pragma once

#include <string>

namespace lotmark::fs {

class TempFolder {
 public:
  // Aborts when no folder can be made: a test has nothing to go on with then.
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string PathOf(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace lotmark::fs
