// SPDX-License-Identifier: Apache-2.0
/// \file
/// CoCo's aligner: behaviour asks behaviour and knowledge,
/// a_t = h_t + Attn(N(h_t) A_Q, N([h_t; pure]) A_K, N([h_t; pure]) A_V) A_O. A row sees its own h only and,
/// A_O starting at zero, a = h bit for bit at first.
#pragma once

#include <cmath>

#include <coco/aligner/concept.hpp>
#include <coco/core/role.hpp>
#include <coco/nn/linear.hpp>
#include <coco/nn/norm.hpp>

namespace coco::aligner {

/// a = h + o, or h itself for a row whose segment has no knowledge.
template <class T>
struct AlignRows {
    const T* h;
    Index h_stride;
    const T* o;
    const T* bias;
    const T* knows;  ///< rows x 1: 1 where there is knowledge, else 0
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = h + i * h_stride;
        const T* const more = o + i * cols;
        T* const to = out + i * cols;
        if (knows[i] > T(0))
            row.each(cols, [&](Index j) { to[j] = from[j] + (more[j] + bias[j]); });
        else
            row.each(cols, [&](Index j) { to[j] = from[j]; });
    }
};

/// knows_i = 1 for the rows of segments that have keys.
template <class T>
struct KnowsRows {
    const Id *rows_of, *keys_of;
    T* knows;

    template <class Row>
    COCO_HD void operator()(Index s, const Row& row) const {
        const T yes = keys_of[s + 1] > keys_of[s] ? T(1) : T(0);
        row.each(rows_of[s + 1] - rows_of[s], [&](Index i) { knows[rows_of[s] + i] = yes; });
    }
};

/// Behaviour (rows x d) and pure knowledge (pieces x d) -> aligned (rows x d).
class CrossAttention {
public:
    using Role = role::Aligner;

    struct Config {
        Index heads = 1;
        double epsilon = 1e-6;  ///< of the norm
    };

    template <class P>
    struct Kept {
        typename nn::Norm::Kept<P> norm_h, norm_pure;
        Passed<P> query, own_key, own_value, key, value;
        Attention<P> shape;
        Rows<P> mixed, statistics, knows;
        Passed<P> output;
        CRows<P> out;
    };

    CrossAttention(Layout& layout, const Config& config, Index width) : heads_(config.heads) {
        require(heads_ > 0 && width % heads_ == 0, "aligner.heads", "does not divide the width",
                text_of("a divisor of ", width), text_of(heads_));
        const Layout::Scope scope(layout, "aligner");
        const Init init = Init::normal(1 / std::sqrt(static_cast<double>(width)));
        norm_ = nn::Norm(layout, "norm", width, config.epsilon);
        query_ = nn::Linear(layout, "query", width, width, init, nn::Bias::no);
        key_ = nn::Linear(layout, "key", width, width, init, nn::Bias::no);
        value_ = nn::Linear(layout, "value", width, width, init, nn::Bias::no);
        output_ = nn::Linear(layout, "output", width, width, Init::zeros(), nn::Bias::no);
        bias_ = layout.claim("output.bias", 1, width, Init::zeros());
    }

    /// \param h_of, pure_of  as many segments: rows of a segment see that segment's knowledge; it may be
    /// empty
    template <class P>
    Kept<P> forward(Run<P>& run, CRows<P> h, const Segments<P>& h_of, CRows<P> pure,
                    const Segments<P>& pure_of) const {
        using T = typename P::Scalar;
        Kept<P> kept;
        kept.norm_h = norm_.forward(run, h);
        kept.norm_pure = norm_.forward(run, pure);
        const CRows<P> nh = kept.norm_h.out, np = kept.norm_pure.out;
        kept.query = query_.forward(run, nh);
        kept.own_key = key_.forward(run, nh);
        kept.own_value = value_.forward(run, nh);
        kept.key = key_.forward(run, np);
        kept.value = value_.forward(run, np);
        kept.shape.queries = h_of;
        kept.shape.keys = pure_of;
        kept.shape.heads = kept.shape.kv_heads = heads_;
        kept.shape.scale = static_cast<T>(1 / std::sqrt(static_cast<double>(h.cols / heads_)));
        kept.mixed = run.work.keep(h.rows, h.cols);
        kept.statistics = run.work.keep(h.rows, heads_);
        run.on.attend(kept.shape, CRows<P>(kept.query.out), CRows<P>(kept.key.out), CRows<P>(kept.value.out),
                      CRows<P>(kept.own_key.out), CRows<P>(kept.own_value.out), kept.mixed, kept.statistics);
        kept.output = output_.forward(run, CRows<P>(kept.mixed));
        kept.knows = run.work.keep(h.rows, 1);
        run.on.rows(h_of.count(), h_of.longest,
                    KnowsRows<T>{h_of.offsets.data, pure_of.offsets.data, kept.knows.data});
        const Rows<P> out = run.work.keep(h.rows, h.cols);
        run.on.rows(h.rows, 3 * h.cols,
                    AlignRows<T>{h.data, h.stride, kept.output.out.data, run.value(bias_).data,
                                 kept.knows.data, out.data, h.cols});
        kept.out = out;
        return kept;
    }

    /// \param dh, dpure  =; either may be empty
    template <class P>
    void backward(Run<P>& run, const Kept<P>& kept, CRows<P> dy, Rows<P> dh, Rows<P> dpure) const {
        using T = typename P::Scalar;
        const typename Workspace<P>::Frame frame(run.work);
        const Index rows = dy.rows, width = dy.cols, pieces = kept.key.x.rows;
        const auto matrix = [&](Index count) { return run.work.scratch(count, width); };
        const Rows<P> dout = matrix(rows), dmixed = matrix(rows), dquery = matrix(rows);
        const Rows<P> down_key = matrix(rows), down_value = matrix(rows), dkey = matrix(pieces),
                      dvalue = matrix(pieces);
        run.on.rows(rows, 2 * width, nn::ScaleRows<T>{dy.data, dy.stride, kept.knows.data, dout.data, width});
        if (const Rows<P> db = run.gradient(bias_); !db.empty())
            run.on.reduce(rows, db, nn::Element<T>{dout.data, dout.stride});
        output_.backward(run, kept.output, CRows<P>(dout), dmixed);
        run.on.attend_backward(kept.shape, CRows<P>(kept.query.out), CRows<P>(kept.key.out),
                               CRows<P>(kept.value.out), CRows<P>(kept.own_key.out),
                               CRows<P>(kept.own_value.out), CRows<P>(kept.mixed), CRows<P>(kept.statistics),
                               CRows<P>(dmixed), dquery, dkey, dvalue, down_key, down_value);

        const Rows<P> dnorm = matrix(std::max(rows, pieces)), part = matrix(std::max(rows, pieces));
        if (pieces > 0) {
            key_.backward(run, kept.key, CRows<P>(dkey), part.rows_from(0, pieces));
            value_.backward(run, kept.value, CRows<P>(dvalue), dnorm.rows_from(0, pieces));
            nn::copy<P>(run.on, CRows<P>(part.rows_from(0, pieces)), dnorm.rows_from(0, pieces), Write::add);
            norm_.backward(run, kept.norm_pure, CRows<P>(dnorm.rows_from(0, pieces)), dpure);
        }
        const Rows<P> dn = dnorm.rows_from(0, rows), more = part.rows_from(0, rows);
        query_.backward(run, kept.query, CRows<P>(dquery), dn);
        key_.backward(run, kept.own_key, CRows<P>(down_key), more);
        nn::copy<P>(run.on, CRows<P>(more), dn, Write::add);
        value_.backward(run, kept.own_value, CRows<P>(down_value), more);
        nn::copy<P>(run.on, CRows<P>(more), dn, Write::add);
        norm_.backward(run, kept.norm_h, CRows<P>(dn), dh);
        if (!dh.empty()) nn::copy<P>(run.on, dy, dh, Write::add);
    }

private:
    Index heads_ = 1;
    nn::Norm norm_;
    nn::Linear query_, key_, value_, output_;
    Slot bias_;
};

}  // namespace coco::aligner

static_assert(coco::Aligner<coco::aligner::CrossAttention>);
