// SPDX-License-Identifier: Apache-2.0
#include <coco/cuda/cuda.cuh>

#include "experiment/tiger.hpp"
#include "experiment/unisrec.hpp"

namespace experiment {

Result run_tiger_on_cuda(const Job& job) {
    return run_baseline<coco::baseline::TIGER>(job, tiger_config(job), std::make_shared<coco::Cuda>());
}
Result run_unisrec_on_cuda(const Job& job) {
    return run_baseline<coco::baseline::UniSRec>(job, unisrec_config(job), std::make_shared<coco::Cuda>());
}

}  // namespace experiment
