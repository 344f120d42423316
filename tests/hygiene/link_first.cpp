// SPDX-License-Identifier: Apache-2.0
// With link_second.cpp: two translation units that hold every header make one program, so nothing in a header
// is defined twice.
#include "everything.hpp"

#include <cstring>

const char* version_seen_by_second();

int main() { return std::strcmp(coco::version, version_seen_by_second()) == 0 ? 0 : 1; }
