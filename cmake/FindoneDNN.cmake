# SPDX-License-Identifier: Apache-2.0
# oneDNN without its own CMake package, which insists on OpenCL where the library was built with it; products on
# the processor need none. Defines oneDNN::dnnl, oneDNN_FOUND and oneDNN_VERSION.

find_path(oneDNN_INCLUDE_DIR oneapi/dnnl/dnnl.hpp)
find_library(oneDNN_LIBRARY dnnl)
mark_as_advanced(oneDNN_INCLUDE_DIR oneDNN_LIBRARY)

set(oneDNN_VERSION)
if(oneDNN_INCLUDE_DIR)
    foreach(part MAJOR MINOR PATCH)
        file(STRINGS "${oneDNN_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h" line
             REGEX "#define DNNL_VERSION_${part} +[0-9]+")
        string(REGEX REPLACE ".*DNNL_VERSION_${part} +([0-9]+).*" "\\1" number "${line}")
        list(APPEND oneDNN_VERSION "${number}")
    endforeach()
    list(JOIN oneDNN_VERSION "." oneDNN_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(oneDNN REQUIRED_VARS oneDNN_LIBRARY oneDNN_INCLUDE_DIR
                                         VERSION_VAR oneDNN_VERSION HANDLE_VERSION_RANGE)

if(oneDNN_FOUND AND NOT TARGET oneDNN::dnnl)
    add_library(oneDNN::dnnl UNKNOWN IMPORTED)
    # Our products keep oneDNN's OpenMP team to the calling thread, so programs call that runtime themselves.
    set_target_properties(oneDNN::dnnl PROPERTIES IMPORTED_LOCATION "${oneDNN_LIBRARY}"
                          INTERFACE_INCLUDE_DIRECTORIES "${oneDNN_INCLUDE_DIR}"
                          INTERFACE_LINK_LIBRARIES gomp)
endif()
