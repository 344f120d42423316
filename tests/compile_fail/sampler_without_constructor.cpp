// SPDX-License-Identifier: Apache-2.0
// expect: this Sampler lacks a constructor from `const SamplerParts&`
#include <coco/sampling/sampler.hpp>

struct Mine {
    static constexpr const char* name = "mine";
};

constexpr const char* first = coco::Samplers<Mine>::default_name;
