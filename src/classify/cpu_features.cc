#include "classify/cpu_features.h"

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace lotmark::classify {

#if defined(__x86_64__)

std::string CpuFeatures() {
  std::string features = "x86_64";
  const auto add = [&](bool present, const char* name) {
    if (present) features.append(",").append(name);
  };
  // The compiler's builtin also asks whether the operating system saves the registers.
  __builtin_cpu_init();
  add(__builtin_cpu_supports("avx") != 0, "avx");
  add(__builtin_cpu_supports("avx2") != 0, "avx2");
  add(__builtin_cpu_supports("fma") != 0, "fma");
  add(__builtin_cpu_supports("avx512f") != 0, "avx512f");
  add(__builtin_cpu_supports("avx512bw") != 0, "avx512bw");
  add(__builtin_cpu_supports("avx512vl") != 0, "avx512vl");
  add(__builtin_cpu_supports("avx512vnni") != 0, "avx512vnni");
  add(__builtin_cpu_supports("avx512bf16") != 0, "avx512bf16");
  return features;
}

#elif defined(__aarch64__)

std::string CpuFeatures() {
  std::string features = "aarch64";
  const auto add = [&](unsigned long present, const char* name) {
    if (present != 0) features.append(",").append(name);
  };
  const unsigned long first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
  add(first & HWCAP_ASIMD, "asimd");
  add(first & HWCAP_ASIMDHP, "asimdhp");
  add(first & HWCAP_ASIMDDP, "asimddp");
  add(first & HWCAP_SVE, "sve");
  add(second & HWCAP2_I8MM, "i8mm");
  add(second & HWCAP2_BF16, "bf16");
  return features;
}

#else

std::string CpuFeatures() { return "unknown"; }

#endif

}  // namespace lotmark::classify
