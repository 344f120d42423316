// SPDX-License-Identifier: Apache-2.0
/// \file
/// Settings of the training of an RQ-VAE, and what an epoch of it tells.
#pragma once

#include <cstdint>

#include <coco/core/settings.hpp>
#include <coco/core/types.hpp>
#include <coco/train/adamw.hpp>

namespace coco {

/// Settings of the training.
struct RqVaeTraining {
    Index epochs = 100, batch = 256;
    double rate = 1e-3;
    Index warm_up = 50;         ///< steps over which the rate rises linearly to this value
    Index start_items = 20000;  ///< items, at most, whose k-means the codebooks begin with
    Index start_iterations = 20;
    bool revive = true;  ///< whether codes that no item chose in an epoch move
    std::uint64_t seed = 1;
    AdamWConfig optimizer{.decay = 1e-4};

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("epochs", c.epochs, at_least(1)), setting("batch", c.batch, at_least(1)),
                     setting("rate", c.rate, above(0, 100)), setting("warm_up", c.warm_up, at_least(0)),
                     setting("start_items", c.start_items, at_least(1)),
                     setting("start_iterations", c.start_iterations, at_least(1)),
                     setting("revive", c.revive), setting("seed", c.seed, any_natural),
                     setting("optimizer", c.optimizer));
    }
};

/// Means over the steps of an epoch.
struct RqVaeLoss {
    double reconstruction = 0, quantization = 0;
    Index revived = 0;  ///< codes that moved after it

    double total() const { return reconstruction + quantization; }
};

}  // namespace coco
