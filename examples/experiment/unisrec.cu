// SPDX-License-Identifier: Apache-2.0
#include <coco/cuda/cuda.cuh>

#include "experiment/unisrec.hpp"

namespace experiment {

Result run_unisrec_on_cuda(const Job& job) { return run_unisrec_with(job, std::make_shared<coco::Cuda>()); }

}  // namespace experiment
