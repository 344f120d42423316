// SPDX-License-Identifier: Apache-2.0
/// \file
/// Multi-head self-attention over ragged segments (Vaswani et al., 2017): one product makes queries, keys
/// and values of all heads, the policy attends, one product mixes the heads.
#pragma once

#include <cmath>
#include <string_view>

#include <coco/nn/linear.hpp>

namespace coco::nn {

/// Which rows of its segment a row sees.
enum class Sees : bool { earlier, all };

/// rows x width -> rows x width; rows of different segments never meet.
class SelfAttention {
public:
    template <class P>
    struct Kept {
        Passed<P> qkv;       ///< rows x 3 width
        Rows<P> mixed;       ///< rows x width: heads side by side
        Rows<P> statistics;  ///< rows x heads
        Passed<P> output;
        Attention<P> shape;
        Rows<P> out;
    };

    SelfAttention() = default;
    /// \param heads    divides width
    /// \param dropout  rate on the attention's probabilities
    SelfAttention(Layout& layout, std::string_view name, Index width, Index heads, Sees sees, double dropout,
                  Init init)
        : width_(width), heads_(heads), sees_(sees), dropout_(dropout), site_(layout.site()) {
        const Layout::Scope scope(layout, name);
        qkv_ = Linear(layout, "qkv", width, 3 * width, init);
        output_ = Linear(layout, "output", width, width, init);
    }

    template <class P>
    Kept<P> forward(Run<P>& run, const Segments<P>& segments, Ids<P> row_key, CRows<P> x) const {
        Kept<P> kept;
        kept.qkv = qkv_.forward(run, x);
        kept.mixed = run.work.keep(x.rows, width_);
        kept.statistics = run.work.keep(x.rows, heads_);
        Attention<P>& shape = kept.shape;
        shape.queries = shape.keys = segments;
        shape.heads = shape.kv_heads = heads_;
        shape.scale = static_cast<typename P::Scalar>(1 / std::sqrt(static_cast<double>(width_ / heads_)));
        shape.causal = sees_ == Sees::earlier;
        shape.dropout = run.training ? dropout_ : 0;
        shape.key = {run.seed, run.step, site_};
        shape.row_key = row_key;
        const CRows<P> qkv = kept.qkv.out;
        run.on.attend(shape, part<P>(qkv, 0), part<P>(qkv, 1), part<P>(qkv, 2), {}, {}, kept.mixed,
                      kept.statistics);
        kept.output = output_.forward(run, CRows<P>(kept.mixed));
        kept.out = kept.output.out;
        return kept;
    }

    template <class P>
    void backward(Run<P>& run, const Kept<P>& kept, CRows<P> dy, Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(run.work);
        const Rows<P> dmixed = run.work.scratch(dy.rows, width_),
                      dqkv = run.work.scratch(dy.rows, 3 * width_);
        output_.backward(run, kept.output, dy, dmixed);
        const CRows<P> qkv = kept.qkv.out;
        run.on.attend_backward(kept.shape, part<P>(qkv, 0), part<P>(qkv, 1), part<P>(qkv, 2), {}, {},
                               CRows<P>(kept.mixed), CRows<P>(kept.statistics), CRows<P>(dmixed),
                               dqkv.cols_from(0, width_), dqkv.cols_from(width_, width_),
                               dqkv.cols_from(2 * width_, width_), {}, {});
        qkv_.backward(run, kept.qkv, CRows<P>(dqkv), dx);
    }

private:
    template <class P>
    CRows<P> part(CRows<P> qkv, Index k) const {
        return qkv.cols_from(k * width_, width_);
    }

    Index width_ = 0, heads_ = 1;
    Sees sees_ = Sees::earlier;
    double dropout_ = 0;
    std::uint32_t site_ = 0;
    Linear qkv_, output_;
};

}  // namespace coco::nn
