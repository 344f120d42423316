// SPDX-License-Identifier: Apache-2.0
// With link_second.cpp: two translation units that hold every header make one program, so nothing in a header
// is defined twice. The second is compiled for any x86-64, this one for the machine at hand: each calls the
// host's code of its own instruction set.
#include "everything.hpp"

#include <cstdio>
#include <cstring>
#include <typeinfo>

#include "link_product.hpp"

const char* version_seen_by_second();
const char* host_of_second();
float error_of_second();

int main() {
    const bool one_version = std::strcmp(coco::version, version_seen_by_second()) == 0;
    const bool own_instructions = std::strcmp(typeid(coco::Host).name(), host_of_second()) != 0;
    const float error = error_of_a_product() + error_of_second();
#if defined(__AVX__)
    const bool told_apart = own_instructions;
#else
    const bool told_apart = true;
    std::puts("SKIPPED: this machine has no instructions beyond the baseline; both units are compiled alike");
#endif
    std::printf("%s, %s: error %g\n", typeid(coco::Host).name(), host_of_second(),
                static_cast<double>(error));
    return one_version && told_apart && error == 0 ? 0 : 1;
}
