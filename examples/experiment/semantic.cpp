// SPDX-License-Identifier: Apache-2.0
#include <coco/host/host.hpp>

#include "experiment/variants.hpp"

namespace experiment {

Result run_semantic(const Job& job) {
    return run_with_semantic(job, std::make_shared<coco::Host>(job.options.threads));
}

}  // namespace experiment
