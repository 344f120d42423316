// SPDX-License-Identifier: Apache-2.0
/// \file
/// AdamW whose item table moves by the rows that a step touches: the others keep values and moments as they
/// are, where Adam would go on moving them by momentum. The bias correction counts the group's steps, whether
/// or not a row was touched in them. Where every row is touched, and for losses over the whole catalogue, it
/// is AdamW.
#pragma once

#include <cstdint>
#include <vector>

#include <coco/train/adamw.hpp>

namespace coco {

/// `Trainer<Model, Host, LazyAdam<Host>>`: for catalogues so large that a pass over all items costs more than
/// the step.
template <class P>
class LazyAdam {
public:
    using Role = role::Optimizer;
    using Config = AdamWConfig;
    static constexpr const char* name = "lazy_adam";
    static constexpr auto& states = AdamW<P>::states;
    static constexpr bool takes_touched_rows = true;

    LazyAdam() = default;
    [[gnu::cold]] LazyAdam(P& on, const ParameterLayout& layout, const AdamWConfig& config)
        : adam_(on, layout, config) {}

    void step(P& on, const OptimizerStep<P>& now) {
        if (!now.touched) return adam_.step(on, now);
        using Rows = TouchedRows<P>;
        constexpr ParameterBlock table = ParameterBlock::table;
        adam_.step(on, now, [&](const TrainedRange& r) {
            if (r.block != table) return adam_.whole(now, r);
            return AdamWRange<P>{{},
                                 now.touched->pack(on, Rows::values, now.values.block(table)),
                                 now.touched->list(Rows::gradients),
                                 now.touched->pack(on, Rows::first, adam_.state(0).block(table)),
                                 now.touched->pack(on, Rows::second, adam_.state(1).block(table))};
        });
        now.touched->unpack(on, Rows::values, now.values.block(table));
        now.touched->unpack(on, Rows::first, adam_.state(0).block(table));
        now.touched->unpack(on, Rows::second, adam_.state(1).block(table));
    }

    Gradients<P>& state(std::size_t which) { return adam_.state(which); }
    std::vector<std::int64_t>& steps() { return adam_.steps(); }
    const std::vector<std::int64_t>& steps() const { return adam_.steps(); }

private:
    AdamW<P> adam_;
};

}  // namespace coco
