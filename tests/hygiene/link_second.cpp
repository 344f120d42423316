// SPDX-License-Identifier: Apache-2.0
#include "everything.hpp"

#include <typeinfo>

#include "link_product.hpp"

const char* version_seen_by_second();
const char* host_of_second();
float error_of_second();

const char* version_seen_by_second() { return coco::version; }
const char* host_of_second() { return typeid(coco::Host).name(); }
float error_of_second() { return error_of_a_product(); }
