// SPDX-License-Identifier: Apache-2.0
#include <coco/cuda/cuda.cuh>

#include "experiment/variants.hpp"

namespace experiment {

Result run_semantic_on_cuda(const Job& job) { return run_with_semantic(job, std::make_shared<coco::Cuda>()); }

}  // namespace experiment
