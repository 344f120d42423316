# SPDX-License-Identifier: Apache-2.0
# The targets a user links: coco::coco, and one target for each component whose library is there.

include("${CMAKE_CURRENT_LIST_DIR}/need.cmake")
find_package(Threads REQUIRED)
coco_need("Eigen 3.4" libeigen3-dev Eigen3 3.4 NO_MODULE)
coco_need("Boost 1.74" libboost-dev Boost 1.74)
coco_need("nlohmann-json 3.11" nlohmann-json3-dev nlohmann_json 3.11)

add_library(coco INTERFACE)
add_library(coco::coco ALIAS coco)
target_compile_features(coco INTERFACE cxx_std_20)
target_include_directories(coco INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                          $<INSTALL_INTERFACE:include>)
target_link_libraries(coco INTERFACE Eigen3::Eigen Boost::headers nlohmann_json::nlohmann_json
                                     Threads::Threads)
set(coco_targets coco)

# coco_component(<name> <what it needs> <found> <target to link>): defines coco::<name>, or says why not.
function(coco_component name needs found links)
    if(NOT found)
        message(STATUS "coco::${name} is not offered: ${needs} was not found")
        return()
    endif()
    add_library(coco_${name} INTERFACE)
    add_library(coco::${name} ALIAS coco_${name})
    set_target_properties(coco_${name} PROPERTIES EXPORT_NAME ${name})
    target_link_libraries(coco_${name} INTERFACE coco ${links})
    set(coco_targets ${coco_targets} coco_${name} PARENT_SCOPE)
    set(coco_has_${name} TRUE PARENT_SCOPE)
endfunction()

find_package(xtensor 0.24 QUIET)
coco_component(npy "xtensor 0.24 or later" "${xtensor_FOUND}" xtensor)

find_package(utf8proc QUIET)
coco_component(text "utf8proc" "${utf8proc_FOUND}" utf8proc::utf8proc)

find_package(ZLIB QUIET)
coco_component(gz "zlib" "${ZLIB_FOUND}" ZLIB::ZLIB)

# Sources that nvcc compiles and that include <coco/coco.cuh>.
include("${CMAKE_CURRENT_LIST_DIR}/coco-cuda-toolkit.cmake")
coco_component(cuda "the CUDA toolkit" "${CUDAToolkit_FOUND}" "CUDA::cudart;CUDA::cublas")
if(coco_has_cuda)
    # CMake 3.25 does not know that nvcc speaks C++20.
    target_compile_options(coco_cuda INTERFACE $<$<COMPILE_LANG_AND_ID:CUDA,NVIDIA>:-std=c++20>)
endif()

# In somebody else's project our headers are system headers: their warnings are not the user's business.
if(NOT PROJECT_IS_TOP_LEVEL)
    set_target_properties(${coco_targets} PROPERTIES SYSTEM ON)
endif()
