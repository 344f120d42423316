# SPDX-License-Identifier: Apache-2.0
# Whether our own device code is compiled by nvcc: sets coco_has_nvcc, and enables the language where it is so. Nobody
# needs it: device code runs emulated without.

set(COCO_CUDA AUTO CACHE STRING "Compile device code by nvcc: ON, OFF, or AUTO for where nvcc is found")
set(coco_has_nvcc FALSE)
if(COCO_CUDA)
    include(CheckLanguage)
    # One architecture is compiled for unless more are asked for; it must be known before the compiler is tried.
    set(CMAKE_CUDA_ARCHITECTURES 90-real CACHE STRING "What nvcc compiles for")
    check_language(CUDA)
    if(CMAKE_CUDA_COMPILER)
        set(coco_has_nvcc TRUE)
    elseif(NOT COCO_CUDA STREQUAL "AUTO")
        message(FATAL_ERROR "COCO_CUDA is on, but nvcc was not found: put it into PATH or set CUDACXX")
    else()
        message(STATUS "Device code is not compiled by nvcc: it was not found in PATH, and CUDACXX is not set")
    endif()
endif()

if(coco_has_nvcc)
    find_program(CCACHE ccache)
    mark_as_advanced(CCACHE)
    if(CCACHE AND NOT CMAKE_CUDA_COMPILER_LAUNCHER)
        set(CMAKE_CUDA_COMPILER_LAUNCHER "${CCACHE}")
    endif()
    enable_language(CUDA)
endif()
