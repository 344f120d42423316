// SPDX-License-Identifier: Apache-2.0
/// \file
/// No decoupling (CoCo-Dec, the paper's ablation): one linear map of the mean of the language model's rows of
/// a group's text, with its prompts where these stand behind the text and have read it.
#pragma once

#include <cmath>

#include <coco/core/role.hpp>
#include <coco/decoupler/concept.hpp>
#include <coco/nn/indices.hpp>
#include <coco/nn/linear.hpp>

namespace coco::decoupler {

/// The rows of each segment that are pooled: its text; with the prompts where these come last and have read
/// it.
struct PooledRows {
    const Id *offsets, *prompts;
    bool prompts_last;

    COCO_HD Id begin(Index g) const {
        return prompts_last ? offsets[g] : offsets[g] + (prompts[g + 1] - prompts[g]);
    }
};

/// out_g = mean of x over the pooled rows of segment g; zeros if there are none.
template <class T>
struct Pool {
    const T* x;
    Index x_stride;
    PooledRows pooled;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index g, const Row& row) const {
        const Id begin = pooled.begin(g), end = pooled.offsets[g + 1];
        T* const to = out + g * cols;
        row.each(cols, [&](Index j) { to[j] = T(0); });
        for (Id r = begin; r < end; ++r) {
            const T* const from = x + r * x_stride;
            row.each(cols, [&](Index j) { to[j] += from[j] / static_cast<T>(end - begin); });
        }
    }
};

/// dx_r = dy_g / n for the n rows of segment g that were averaged, 0 for the others.
template <class T>
struct PoolBackward {
    const T* dy;
    PooledRows pooled;
    T* dx;
    Index dx_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index g, const Row& row) const {
        const Id begin = pooled.begin(g), end = pooled.offsets[g + 1];
        const T* const from = dy + g * cols;
        for (Id r = pooled.offsets[g]; r < pooled.offsets[g + 1]; ++r) {
            T* const to = dx + r * dx_stride;
            const T share = r < begin ? T(0) : T(1) / static_cast<T>(end - begin);
            row.each(cols, [&](Index j) { to[j] = share * from[j]; });
        }
    }
};

/// mix (rows x D) -> groups x d.
class MeanPool {
public:
    using Role = role::Decoupler;

    struct Config {};

    template <class P>
    struct Saved {
        Segments<P> prompts_of, mix_of;
        bool prompts_last = false;
        nn::Linear::Saved<P> map;
        Segments<P> of_group;  ///< one row per group
        Rows<P> out;
    };

    MeanPool(ParameterLayout& layout, const Config&, Index width, Index model_width) {
        const ParameterLayout::Scope scope(layout, "decoupler");
        map_ = nn::Linear(layout, "map", model_width, width,
                          Init::normal(1 / std::sqrt(static_cast<double>(model_width))));
    }

    /// \param prompts_last  in each segment of mix the prompts come last
    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P>, const Segments<P>& prompts_of, CRows<P> mix,
                     const Segments<P>& mix_of, bool prompts_last = false) const {
        Saved<P> saved;
        saved.prompts_last = prompts_last;
        saved.prompts_of = prompts_of;
        saved.mix_of = mix_of;
        const Index groups = mix_of.count();
        const Rows<P> mean = ctx.work.keep(groups, mix.cols);
        ctx.on.for_each_row(
            groups, mix.cols * (1 + mix.rows / std::max<Index>(1, groups)),
            Pool<typename P::Scalar>{mix.data, mix.stride, pooled(saved), mean.data, mean.cols});
        saved.map = map_.forward(ctx, CRows<P>(mean));
        const std::span<Id> offsets = ctx.work.template numbers<Id>(groups + 1);
        for (std::size_t g = 0; g < offsets.size(); ++g) offsets[g] = static_cast<Id>(g);
        saved.of_group = nn::segments(ctx, std::span<const Id>(offsets));
        saved.out = saved.map.out;
        return saved;
    }

    /// \param dprompts  set to 0: the output does not depend on the prompts
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dprompts, Rows<P> dmix) const {
        if (!dprompts.empty()) nn::fill<P>(ctx.on, dprompts, 0);
        const typename Workspace<P>::Frame frame(ctx.work);
        Rows<P> dmean{};
        if (!dmix.empty()) dmean = ctx.work.scratch(saved.map.x.rows, saved.map.x.cols);
        map_.backward(ctx, saved.map, dy, dmean);
        if (dmix.empty()) return;
        const Index groups = saved.mix_of.count();
        ctx.on.for_each_row(
            groups, dmix.cols * (1 + dmix.rows / std::max<Index>(1, groups)),
            PoolBackward<typename P::Scalar>{dmean.data, pooled(saved), dmix.data, dmix.stride, dmix.cols});
    }

private:
    template <class P>
    static PooledRows pooled(const Saved<P>& saved) {
        return {saved.mix_of.offsets.data, saved.prompts_of.offsets.data, saved.prompts_last};
    }

    nn::Linear map_;
};

}  // namespace coco::decoupler

static_assert(coco::Decoupler<coco::decoupler::MeanPool>);
