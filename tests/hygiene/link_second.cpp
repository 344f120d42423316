// SPDX-License-Identifier: Apache-2.0
#include "everything.hpp"

const char* version_seen_by_second();

const char* version_seen_by_second() { return coco::version; }
