// SPDX-License-Identifier: Apache-2.0
// The host's part of the comparison.
#include <coco/host/host.hpp>

#include "cuda/twin.hpp"

namespace coco::twin {

template std::vector<Step> behaviour<Host>(const SmallShop&, Index);
template void begin_joint<Host>(const SmallShop&, const std::filesystem::path&);
template std::vector<Step> joint<Host>(const SmallShop&, const std::filesystem::path&, Index,
                                       const std::filesystem::path&);
template Scores ask<Host>(const SmallShop&, const std::filesystem::path&);

}  // namespace coco::twin
