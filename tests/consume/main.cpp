// SPDX-License-Identifier: Apache-2.0
#if __has_include(<coco/coco.hpp>)
#include <coco/coco.hpp>
#else
#include <coco/core/types.hpp>
#endif

#include <string_view>

int main() { return std::string_view(coco::version) == EXPECTED_VERSION ? 0 : 1; }
