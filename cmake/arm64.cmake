# Cross-building for arm64 on x86-64 Debian 12: GCC 12 of Debian, arm64 libraries unpacked (not installed) into
# .deps/sysroot-arm64, and QEMU's user mode to run what was built. `scripts/setup --arm64-tools` brings all three;
# scripts/test-arm64 uses them.
get_filename_component(arm64_deps ${CMAKE_CURRENT_LIST_DIR}/../.deps ABSOLUTE)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_SYSROOT ${arm64_deps}/sysroot-arm64)

# Programs are this machine's; everything else is arm64's.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)
set(ONNXRUNTIME_ROOT ${arm64_deps}/onnxruntime-aarch64 CACHE PATH "Folder with include/ and lib/ of ONNX Runtime")

# Asking each test program for its tests takes seconds under emulation: only ctest does it, not every build.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L ${CMAKE_SYSROOT})
set(CMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE PRE_TEST)

# CPack would name this machine's architecture.
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)
