# SPDX-License-Identifier: Apache-2.0
# How our own tests, examples and benchmarks are compiled. Users never see any of it.

set(COCO_ARCH "native" CACHE STRING "-march of our own programs")
set(COCO_SANITIZE "" CACHE STRING "-fsanitize of our own programs, for instance address,undefined")
if(coco_has_onednn)
    set(COCO_HOST_BACKEND "onednn" CACHE STRING "Matrix products of our own programs: plain or onednn")
else()
    set(COCO_HOST_BACKEND "plain" CACHE STRING "Matrix products of our own programs: plain or onednn")
endif()
set_property(CACHE COCO_HOST_BACKEND PROPERTY STRINGS plain onednn)
if(NOT COCO_HOST_BACKEND MATCHES "^(plain|onednn)$")
    message(FATAL_ERROR "COCO_HOST_BACKEND is plain or onednn, not '${COCO_HOST_BACKEND}'")
elseif(COCO_HOST_BACKEND STREQUAL "onednn" AND NOT coco_has_onednn)
    message(FATAL_ERROR "COCO_HOST_BACKEND=onednn needs oneDNN 2 from 2.6 on (Debian: libdnnl-dev)")
endif()
if(NOT (coco_has_npy AND coco_has_text AND coco_has_gz))
    message(FATAL_ERROR "Our own programs need all components: install what is named above, or switch "
                        "COCO_TESTS, COCO_EXAMPLES and COCO_BENCHMARKS off")
endif()

find_program(CCACHE ccache)
mark_as_advanced(CCACHE)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(coco_dev_flags -Wall -Wextra -Wshadow -Wconversion -Wpedantic -Werror -march=${COCO_ARCH})
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # g++ 12 sees overlapping copies in std::string where there are none (GCC bug 105651).
    list(APPEND coco_dev_flags -Wno-restrict)
endif()

# coco_dev_plain is what a user gets who asks for nothing; coco_dev adds the backend chosen above.
add_library(coco_dev_plain INTERFACE)
target_link_libraries(coco_dev_plain INTERFACE coco coco_npy coco_text coco_gz)
target_compile_options(coco_dev_plain INTERFACE ${coco_dev_flags})
add_library(coco_dev INTERFACE)
target_link_libraries(coco_dev INTERFACE coco_dev_plain)
if(COCO_HOST_BACKEND STREQUAL "onednn")
    target_link_libraries(coco_dev INTERFACE coco_onednn)
endif()
if(COCO_SANITIZE)
    target_compile_options(coco_dev_plain INTERFACE -fsanitize=${COCO_SANITIZE} -fno-sanitize-recover=all
                                                    -fno-omit-frame-pointer -g1)
    target_link_options(coco_dev_plain INTERFACE -fsanitize=${COCO_SANITIZE})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # The checks g++ inserts confuse its own flow analysis; the build without them has these as errors.
        target_compile_options(coco_dev_plain INTERFACE -Wno-error=maybe-uninitialized -Wno-error=array-bounds
                                                        -Wno-error=stringop-overflow -Wno-error=null-dereference)
    endif()
endif()
