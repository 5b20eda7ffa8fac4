#include "fs/testing/dir_conformance.h"

#include "fs/testing/backends.h"

namespace lotmark::fs {

INSTANTIATE_TEST_SUITE_P(Disk, DirConformance, testing::ValuesIn(AllBackends()), BackendName);

}  // namespace lotmark::fs
