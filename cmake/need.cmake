# SPDX-License-Identifier: Apache-2.0
# coco_need(<what> <Debian package or cure> <find_package arguments>...): a package that must be there, or one sentence
# that tells the cure.
macro(coco_need what cure package)
    find_package(${package} ${ARGN} QUIET)
    if(NOT ${package}_FOUND)
        message(FATAL_ERROR "coco needs ${what}, which was not found. On Debian: apt install ${cure}")
    endif()
endmacro()
