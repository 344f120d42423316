// SPDX-License-Identifier: Apache-2.0
#include <coco/host/host.hpp>

#include "experiment/sasrec.hpp"

namespace experiment {

Result run_sasrec_table(const Job& job) {
    return run_table_sasrec(job, std::make_shared<coco::Host>(job.options.threads));
}

}  // namespace experiment
