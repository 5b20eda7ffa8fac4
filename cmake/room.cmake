# A room is a folder under src/: one idea, one static library `lotmark_<room>`, its tests beside the code.
#
#   lotmark_room(<room> ROOMS <room>... DEPENDS <target>... [TEST_DEPENDS <target>...] [TEST_TIMEOUT <seconds>])
#
# takes every *.cc of the folder; *_test.cc become ctest cases of one program `<room>_test`; <room>/testing/*.cc become
# `lotmark_<room>_testing`, the fakes that other rooms' tests may link. Globbing means no test can be dropped quietly.
# tools/layers.txt says which room may include which; the order here is the order of building.
set(LOTMARK_ROOMS base fs tlog journal manifest approval policy image runtime runtime_onnx store govern records classify
    metrics serve http client api cli)

include(GoogleTest)

function(lotmark_room room)
  cmake_parse_arguments(ARG "" "TEST_TIMEOUT" "ROOMS;DEPENDS;TEST_ROOMS;TEST_DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
  file(GLOB fakes CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/testing/*.cc)
  if(tests)
    list(REMOVE_ITEM sources ${tests})
  endif()

  set(room_targets ${ARG_ROOMS})
  list(TRANSFORM room_targets PREPEND lotmark_)
  if(sources)
    add_library(lotmark_${room} STATIC ${sources})
    set(visibility PUBLIC)
  else()
    add_library(lotmark_${room} INTERFACE)
    set(visibility INTERFACE)
  endif()
  target_include_directories(lotmark_${room} ${visibility} ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(lotmark_${room} ${visibility} ${room_targets} ${ARG_DEPENDS})

  if(fakes)
    add_library(lotmark_${room}_testing STATIC ${fakes})
    target_link_libraries(lotmark_${room}_testing PUBLIC lotmark_${room} GTest::gtest)
    target_compile_definitions(lotmark_${room}_testing PRIVATE LOTMARK_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  endif()
  if(tests)
    set(test_targets ${ARG_TEST_ROOMS})
    list(TRANSFORM test_targets PREPEND lotmark_)
    add_executable(${room}_test ${tests})
    target_link_libraries(${room}_test PRIVATE lotmark_${room} ${test_targets} ${ARG_TEST_DEPENDS} GTest::gtest
                          GTest::gmock GTest::gtest_main)
    if(fakes)
      target_link_libraries(${room}_test PRIVATE lotmark_${room}_testing)
    endif()
    target_compile_definitions(${room}_test PRIVATE LOTMARK_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    if(NOT ARG_TEST_TIMEOUT)
      set(ARG_TEST_TIMEOUT 300)
    endif()
    gtest_discover_tests(${room}_test NO_PRETTY_VALUES TEST_PREFIX "${room}." DISCOVERY_TIMEOUT 60
                         PROPERTIES TIMEOUT ${ARG_TEST_TIMEOUT})
  endif()
endfunction()
