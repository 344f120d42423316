// SPDX-License-Identifier: Apache-2.0
#include <coco/cuda/cuda.cuh>

#include "experiment/sasrec.hpp"

namespace experiment {

Result run_sasrec_semantic_on_cuda(const Job& job) {
    return run_semantic_sasrec(job, std::make_shared<coco::Cuda>());
}

}  // namespace experiment
