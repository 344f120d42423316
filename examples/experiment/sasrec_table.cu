// SPDX-License-Identifier: Apache-2.0
#include <coco/cuda/cuda.cuh>
#include <coco/items/table.hpp>

#include "experiment/sasrec.hpp"

namespace experiment {

Result run_sasrec_table_on_cuda(const Job& job) {
    return run_sasrec_with<coco::items::Table>(job, std::make_shared<coco::Cuda>());
}

}  // namespace experiment
