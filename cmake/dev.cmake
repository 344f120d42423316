# SPDX-License-Identifier: Apache-2.0
# How our own tests, examples and benchmarks are compiled. Users never see any of it.

set(COCO_ARCH "native" CACHE STRING "-march of our own programs")
set(COCO_SANITIZE "" CACHE STRING "-fsanitize of our own programs, for instance address,undefined")
if(NOT (coco_has_npy AND coco_has_text AND coco_has_gz))
    message(FATAL_ERROR "Our own programs need all components: install what is named above, or switch "
                        "COCO_TESTS, COCO_EXAMPLES and COCO_BENCHMARKS off")
endif()

find_program(CCACHE ccache)
mark_as_advanced(CCACHE)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Units with a precompiled header are cached only where these two are allowed to differ.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;${CCACHE}")
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(coco_dev_flags -Wall -Wextra -Wshadow -Wconversion -Wpedantic -Werror -march=${COCO_ARCH})
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # g++ 12 sees overlapping copies in std::string where there are none (GCC bug 105651).
    list(APPEND coco_dev_flags -Wno-restrict)
endif()

# coco_share_instances(<target> <program>): where COCO_SHARE_INSTANCES is on, the target's units take the host's primitives
# from the object library that the tests link (tests/instances), which the program is linked with, instead of compiling
# them. They compile faster so; what users get is what is compiled without it.
option(COCO_SHARE_INSTANCES "Compile the host's primitives once for tests, examples and benchmarks" OFF)
function(coco_share_instances target program)
    if(COCO_SHARE_INSTANCES AND COCO_TESTS)
        target_compile_options(${target} PRIVATE
            "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ${PROJECT_SOURCE_DIR}/tests/instances/host.hpp>")
        target_sources(${program} PRIVATE $<TARGET_OBJECTS:host_instances>)
    endif()
endfunction()

add_library(coco_dev INTERFACE)
target_link_libraries(coco_dev INTERFACE coco coco_npy coco_text coco_gz)
target_compile_options(coco_dev INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${coco_dev_flags}>")
if(COCO_SANITIZE)
    target_compile_options(coco_dev INTERFACE -fsanitize=${COCO_SANITIZE} -fno-sanitize-recover=all
                                              -fno-omit-frame-pointer -g1)
    target_link_options(coco_dev INTERFACE -fsanitize=${COCO_SANITIZE})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # The checks g++ inserts confuse its own flow analysis; the build without them has these as errors.
        target_compile_options(coco_dev INTERFACE -Wno-error=maybe-uninitialized -Wno-error=array-bounds
                                                  -Wno-error=stringop-overflow -Wno-error=null-dereference)
    endif()
endif()

if(coco_has_nvcc)
    # What nvcc compiles of ours. -Wpedantic would trip over the line directives that nvcc writes.
    set(host_warnings -Wall,-Wextra,-Wshadow,-Wconversion)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
        string(APPEND host_warnings ,-Wno-restrict)
    endif()
    add_library(coco_device INTERFACE)
    target_link_libraries(coco_device INTERFACE coco_cuda)
    target_compile_options(coco_device INTERFACE "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:-Werror all-warnings>"
                                                 "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:-Xcompiler ${host_warnings}>")
endif()
