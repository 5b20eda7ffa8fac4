# What is installed beside the program, and the Debian package: `cpack` in a build folder makes
# lotmark_<version>_<architecture>.deb.
# Every path is relative to the prefix, so `cmake --install build/release --prefix /opt/lotmark` works too.
# No maintainer scripts: the unit's DynamicUser and StateDirectory make user and folder when it starts.
set(doc_folder share/doc/lotmark)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # packaging needs the program built, not the tests

install(FILES deploy/lotmark.service DESTINATION lib/systemd/system)
install(FILES deploy/lotmark.1 DESTINATION share/man/man1)
install(FILES deploy/lotmark.bash DESTINATION share/bash-completion/completions RENAME lotmark)
install(DIRECTORY doc/ DESTINATION ${doc_folder})
install(FILES LICENSE DESTINATION ${doc_folder} RENAME copyright)

# ONNX Runtime is not a package of Debian 12, so the program brings its own, byte for byte, with its licences. A copy
# given by -DONNXRUNTIME_ROOT may keep them one folder up. Right under lib/lotmark, CPack would run ldconfig at install.
get_filename_component(onnxruntime_file ${ONNXRUNTIME_LIBRARY} REALPATH)
get_filename_component(onnxruntime_folder ${ONNXRUNTIME_LIBRARY} DIRECTORY)
install(FILES ${onnxruntime_file} DESTINATION lib/lotmark/runtimes RENAME libonnxruntime.so.1)
foreach(notice LICENSE ThirdPartyNotices.txt)
  find_file(notice_file ${notice} PATHS ${onnxruntime_folder} ${onnxruntime_folder}/.. NO_DEFAULT_PATH NO_CACHE
            NO_CMAKE_FIND_ROOT_PATH REQUIRED)
  install(FILES ${notice_file} DESTINATION ${doc_folder} RENAME onnxruntime-${notice})
  unset(notice_file)
endforeach()

# Libraries that are headers only end up inside the program.
foreach(package libboost1.81-dev libcli11-dev nlohmann-json3-dev)
  install(FILES ${CMAKE_SYSROOT}/usr/share/doc/${package}/copyright DESTINATION ${doc_folder} RENAME ${package}.copyright OPTIONAL)
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_NAME lotmark)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Lotmark maintainers <maintainers@lotmark.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "manages the life of AI models that make clinical decisions")
set(CPACK_PACKAGE_DESCRIPTION "Which model versions exist, which one is active, who made it so and why, which exact
bytes made each recorded prediction, and how to go back. One program: versions are
plain files in a folder, predictions are rows in SQLite.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${onnxruntime_folder})
if(CMAKE_CROSSCOMPILING)  # scripts/test-arm64 also tells dpkg-shlibdeps whose libraries these are
  list(APPEND CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_SYSROOT}/lib/${CMAKE_LIBRARY_ARCHITECTURE}
       ${CMAKE_SYSROOT}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE})
endif()
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
include(CPack)
