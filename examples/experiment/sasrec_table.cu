// SPDX-License-Identifier: Apache-2.0
#include <coco/cuda/cuda.cuh>

#include "experiment/sasrec.hpp"

namespace experiment {

Result run_sasrec_table_on_cuda(const Job& job) {
    return run_table_sasrec(job, std::make_shared<coco::Cuda>());
}

}  // namespace experiment
