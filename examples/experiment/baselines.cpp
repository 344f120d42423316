// SPDX-License-Identifier: Apache-2.0
#include <coco/host/host.hpp>

#include "experiment/tiger.hpp"
#include "experiment/unisrec.hpp"

namespace experiment {

Result run_tiger(const Job& job) {
    return run_baseline<coco::baseline::TIGER>(job, tiger_config(job),
                                               std::make_shared<coco::Host>(job.options.threads));
}
Result run_unisrec(const Job& job) {
    return run_baseline<coco::baseline::UniSRec>(job, unisrec_config(job),
                                                 std::make_shared<coco::Host>(job.options.threads));
}

}  // namespace experiment
