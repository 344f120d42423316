// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the library needs of the compiler, in one sentence each, before anything is included that would say
/// it in hundreds.
#pragma once

#if __cplusplus < 202002L
#error "coco: needs C++20: compile with -std=c++20 (CMake: link coco::coco)"
#endif
