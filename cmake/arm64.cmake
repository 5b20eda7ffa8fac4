# Cross-building for arm64 on x86-64 Debian 12: GCC 12 of Debian, and arm64's libraries unpacked (not installed) into
# .deps/sysroot-arm64. `scripts/setup --arm64-tools` brings both; scripts/test-arm64 builds and runs the tests.
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

# The build does not run the test programs to ask for their tests: it could not.
set(CMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE PRE_TEST)

# CPack would name this machine's architecture.
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)
