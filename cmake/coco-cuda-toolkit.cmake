# SPDX-License-Identifier: Apache-2.0
# Finds the CUDA toolkit, where there is one. Debian's CMake 3.25.1 stumbles over a toolkit without the old nvToolsExt
# where a project asks for 3.25 or later.

set(coco_asked_for ${CMAKE_MINIMUM_REQUIRED_VERSION})
set(CMAKE_MINIMUM_REQUIRED_VERSION 3.24)
find_package(CUDAToolkit QUIET)
set(CMAKE_MINIMUM_REQUIRED_VERSION ${coco_asked_for})
unset(coco_asked_for)
