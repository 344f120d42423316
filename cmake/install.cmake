# SPDX-License-Identifier: Apache-2.0
# Install and export: find_package(coco COMPONENTS npy text gz cuda) finds what this writes.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(coco_config_dir "${CMAKE_INSTALL_DATADIR}/cmake/coco")

install(DIRECTORY include/coco DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp" PATTERN "*.cuh")
# What holds parts of a user's own to the library's tests (Catch2, 2 or 3), and measures them (Google Benchmark).
install(DIRECTORY tests/conformance/ DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/coco/conformance" FILES_MATCHING PATTERN "*.hpp")
install(FILES benchmarks/meter.hpp benchmarks/numbers.hpp benchmarks/peak.hpp benchmarks/policy.hpp
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/coco/benchmark")
install(FILES benchmarks/device/peak.cuh DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/coco/benchmark/device")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/coco")
foreach(target IN LISTS coco_targets)
    string(REPLACE "coco_" "" component "${target}")
    install(TARGETS ${target} EXPORT coco-${component})
    install(EXPORT coco-${component} NAMESPACE coco:: DESTINATION "${coco_config_dir}"
            FILE coco-${component}-targets.cmake)
endforeach()

configure_package_config_file(cmake/coco-config.cmake.in coco-config.cmake
                              INSTALL_DESTINATION "${coco_config_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/coco-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/coco-config.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/coco-config-version.cmake"
              cmake/Findutf8proc.cmake cmake/coco-cuda-toolkit.cmake
        DESTINATION "${coco_config_dir}")
