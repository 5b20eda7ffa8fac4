// Which vector instructions this CPU offers: they choose the kernels of an inference library and so the last bits of
// its output. Recorded with every classification.
#pragma once

#include <string>

namespace lotmark::classify {

// The architecture and its features in a fixed order, such as "x86_64,avx,avx2,fma".
std::string CpuFeatures();

}  // namespace lotmark::classify
