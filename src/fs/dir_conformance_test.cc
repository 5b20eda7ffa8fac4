#include "fs/testing/dir_conformance.h"

#include "fs/testing/backends.h"
#include "fs/testing/dir_changes.h"

namespace lotmark::fs {

INSTANTIATE_TEST_SUITE_P(Disk, DirConformance, testing::ValuesIn(AllBackends()), BackendName);
INSTANTIATE_TEST_SUITE_P(Disk, DirChanges, testing::ValuesIn(AllBackends()), BackendName);

}  // namespace lotmark::fs
