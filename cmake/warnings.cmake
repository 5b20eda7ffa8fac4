# Warnings are errors. -ffp-contract=off keeps normalisation and statistics bit-equal on every platform.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
                    -Wimplicit-fallthrough -Werror -ffp-contract=off -fno-omit-frame-pointer)

# GCC 12 reports these inside libstdc++ and Boost at -O2 where nothing is wrong (GCC bugs 105329, 105651, 107138).
add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

set(LOTMARK_SANITIZE "" CACHE STRING "Sanitizers for the whole build: 'address,undefined' or 'thread'")
if(LOTMARK_SANITIZE)
  # Not vptr: that check opens a pipe to look at memory, and calls every object wrong when the test of a full descriptor
  # table leaves it none.
  add_compile_options(-fsanitize=${LOTMARK_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LOTMARK_SANITIZE})
  if(LOTMARK_SANITIZE STREQUAL "thread")
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)  # Asio's fences; it also locks wherever it has one
  endif()
endif()

option(LOTMARK_FUZZ "Fuzzers of fuzz/, and everything instrumented for them; needs Clang" OFF)
if(LOTMARK_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
