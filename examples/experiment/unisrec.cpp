// SPDX-License-Identifier: Apache-2.0
#include <coco/host/host.hpp>

#include "experiment/unisrec.hpp"

namespace experiment {

Result run_unisrec(const Job& job) {
    return run_unisrec_with(job, std::make_shared<coco::Host>(job.options.threads));
}

}  // namespace experiment
