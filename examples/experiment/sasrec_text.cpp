// SPDX-License-Identifier: Apache-2.0
#include <coco/host/host.hpp>
#include <coco/items/text_aware.hpp>

#include "experiment/sasrec.hpp"

namespace experiment {

Result run_sasrec_text(const Job& job) {
    return run_sasrec_with<coco::items::TextAware>(job, std::make_shared<coco::Host>(job.options.threads));
}

}  // namespace experiment
