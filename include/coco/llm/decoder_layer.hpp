// SPDX-License-Identifier: Apache-2.0
/// \file
/// One layer of a decoder: h = x + Attention(RMS(x)), then h + SwiGLU(RMS(h)). Weights are given: only the
/// rows and the adapter have gradients.
#pragma once

#include <cmath>
#include <string>
#include <utility>

#include <coco/llm/adapted.hpp>
#include <coco/llm/cache.hpp>
#include <coco/llm/head_norm.hpp>
#include <coco/llm/packed.hpp>
#include <coco/llm/source.hpp>
#include <coco/llm/storage.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/gated_feed_forward.hpp>
#include <coco/nn/norm.hpp>
#include <coco/nn/rope.hpp>

namespace coco::llm {

/// y = RMS norm of x with a given weight; statistics as in `nn::Norm::Saved`.
template <class P>
void rms_norm(Context<P>& ctx, const TensorRef& weight, double epsilon, CRows<P> x, Rows<P> y,
              Rows<P> statistics) {
    using T = typename P::Scalar;
    ctx.on.for_each_row(x.rows, 2 * x.cols,
                        nn::NormRows<T>{x.data, x.stride, ctx.value(weight).data, nullptr, y.data,
                                        statistics.data, x.cols, static_cast<T>(epsilon), false});
}

/// dx of `rms_norm`.
template <class P>
void rms_norm_backward(Context<P>& ctx, const TensorRef& weight, CRows<P> x, CRows<P> statistics, CRows<P> dy,
                       Rows<P> dx) {
    ctx.on.for_each_row(
        x.rows, 3 * x.cols,
        nn::NormBackwardRows<typename P::Scalar>{x.data, x.stride, ctx.value(weight).data, statistics.data,
                                                 dy.data, dy.stride, dx.data, dx.stride, x.cols, false});
}

/// One layer. Weights are claimed fused: [q | k | v] is one product, [gate | up] another.
template <class Storage>
class DecoderLayer {
    using Matrix = typename Storage::Matrix;
    using Projection = adapter::Projection;

public:
    template <class P>
    struct Saved {
        CRows<P> x;
        Rows<P> statistics, middle_statistics;  ///< rows x 2: of the two norms
        Rows<P> unrotated;  ///< rows x (query + key): before head norm and rotation; only with `head_norm`
        Rows<P> fused;      ///< rows x (query + key + value); query and key rotated
        Rows<P> attended;   ///< rows x query
        Rows<P> softmax;    ///< rows x heads
        Rows<P> middle;     ///< rows x width: after attention, before the feed-forward
        Rows<P> gate_up;    ///< rows x 2 hidden
    };
    /// Scalars per row that `Saved` takes, without x.
    static Index saved_columns(const Config& c) {
        return 4 + (c.head_norm ? c.query_width() + c.kv_width() : 0) + c.fused_width() + c.query_width() +
               c.heads + c.width + 2 * c.hidden;
    }

    [[gnu::cold, gnu::noinline]] DecoderLayer(ParameterLayout& layout, const Source& source, Index index)
        : config_(source.config), index_(index) {
        const Config& c = config_;
        const Index q = c.query_width(), kv = c.kv_width();
        const auto named = [&](const char* name, const char* kind = "weight") {
            return layer_tensor(index, name, kind);
        };
        const auto matrix = [&](const char* name, Parts parts, Index cols) {
            return Storage::claim(layout, source, named(name), std::move(parts), cols);
        };
        const auto norm = [&](const char* name, Index cols) {
            return claim_row(layout, source, named(name), {{named(name), cols}});
        };
        norm_ = norm("attn_norm", c.width);
        fused_ =
            matrix("attn_qkv", {{named("attn_q"), q}, {named("attn_k"), kv}, {named("attn_v"), kv}}, c.width);
        if (c.qkv_bias)
            bias_ = claim_row(
                layout, source, named("attn_qkv", "bias"),
                {{named("attn_q", "bias"), q}, {named("attn_k", "bias"), kv}, {named("attn_v", "bias"), kv}});
        if (c.head_norm) {
            query_norm_ = HeadNorm(norm("attn_q_norm", c.head), c.epsilon);
            key_norm_ = HeadNorm(norm("attn_k_norm", c.head), c.epsilon);
        }
        output_ = matrix("attn_output", {{named("attn_output"), c.width}}, q);
        middle_norm_ = norm("ffn_norm", c.width);
        const Matrix gate_up =
            matrix("ffn_gate_up", {{named("ffn_gate"), c.hidden}, {named("ffn_up"), c.hidden}}, c.width);
        feed_forward_ = nn::GatedFeedForward<Storage>(
            gate_up, matrix("ffn_down", {{named("ffn_down"), c.width}}, c.hidden), c.width, c.hidden);
        rope_ = nn::Rope(c.head, c.theta, c.rope, c.factors);
    }

    /// \param out  rows x width; if it is empty, only what backward needs is computed
    template <class P, class Adapter>
    Saved<P> forward(Context<P>& ctx, const Adapter& adapter, const Packed<P>& packed, CRows<P> x,
                     Rows<P> out) const {
        const Config& c = config_;
        const Index rows = x.rows, q = c.query_width(), kv = c.kv_width();
        Workspace<P>& work = ctx.work;
        const Adapted<P, Adapter> change(adapter, index_, c.adapter_sizes(), packed.row_key);
        Saved<P> saved{x,
                       work.keep(rows, 2),
                       work.keep(rows, 2),
                       {},
                       work.keep(rows, c.fused_width()),
                       work.keep(rows, q),
                       work.keep(rows, c.heads),
                       work.keep(rows, c.width),
                       {}};
        {
            const typename Workspace<P>::Frame frame(work);
            const Rows<P> normed = work.scratch(rows, c.width);
            rms_norm(ctx, norm_, c.epsilon, x, normed, saved.statistics);
            Storage::apply(ctx, CRows<P>(normed), fused_, saved.fused);
            if (c.qkv_bias)
                ctx.on.for_each_row(rows, 2 * saved.fused.cols,
                                    nn::AddRow<typename P::Scalar>{ctx.value(bias_).data, saved.fused.data,
                                                                   saved.fused.stride, saved.fused.cols});
            change.query_key_value(ctx, CRows<P>(normed), saved.fused);
        }
        const Rows<P> turned = saved.fused.cols_from(0, q + kv);
        if (c.head_norm) {
            saved.unrotated = work.keep(rows, q + kv);
            nn::copy(ctx.on, CRows<P>(turned), saved.unrotated);
            query_norm_.forward(ctx, CRows<P>(saved.unrotated.cols_from(0, q)), turned.cols_from(0, q));
            key_norm_.forward(ctx, CRows<P>(saved.unrotated.cols_from(q, kv)), turned.cols_from(q, kv));
        }
        rope_.forward(ctx, packed.table, packed.position, turned);
        Heads<CRows<P>> see = split<CRows<P>>(saved.fused);
        Attention<P> attention = shape(packed);
        if (packed.cached.home != nullptr) {
            const Rows<P> keys = packed.cached.home->keys(index_),
                          values = packed.cached.home->values(index_);
            nn::assign_rows(ctx.on, see.key, packed.cached.row, keys);
            nn::assign_rows(ctx.on, see.value, packed.cached.row, values);
            see.key = keys;
            see.value = values;
            attention.keys = packed.cached.keys;
        }
        ctx.on.attend(attention, {see.query, see.key, see.value, {}, {}}, saved.attended, saved.softmax);
        nn::copy(ctx.on, x, saved.middle);
        Storage::apply(ctx, CRows<P>(saved.attended), output_, saved.middle, Write::add);
        change.forward(ctx, Projection::output, CRows<P>(saved.attended), saved.middle);

        const typename Workspace<P>::Frame frame(work);
        const Rows<P> normed = work.scratch(rows, c.width);
        rms_norm(ctx, middle_norm_, c.epsilon, CRows<P>(saved.middle), normed, saved.middle_statistics);
        if (!out.empty()) nn::copy(ctx.on, CRows<P>(saved.middle), out);
        saved.gate_up = feed_forward_.apply(ctx, CRows<P>(normed), out, Write::add, change);
        return saved;
    }

    /// \param dy  rows x width, overwritten     \param dx  rows x width
    template <class P, class Adapter>
    void backward(Context<P>& ctx, const Adapter& adapter, const Packed<P>& packed, const Saved<P>& saved,
                  Rows<P> dy, Rows<P> dx) const {
        const Config& c = config_;
        const Index rows = dy.rows, q = c.query_width(), kv = c.kv_width();
        Workspace<P>& work = ctx.work;
        const typename Workspace<P>::Frame frame(work);
        const Adapted<P, Adapter> change(adapter, index_, c.adapter_sizes(), packed.row_key);
        const Rows<P> dnormed = work.scratch(rows, c.width), through = work.scratch(rows, c.width);
        CRows<P> normed;
        if (change.changes(Projection::gate, Projection::up)) {
            rms_norm(ctx, middle_norm_, c.epsilon, CRows<P>(saved.middle), through, saved.middle_statistics);
            normed = through;
        }
        feed_forward_.backward(ctx, {normed, saved.gate_up, Rows<P>{}}, CRows<P>(dy), dnormed, change);
        rms_norm_backward(ctx, middle_norm_, CRows<P>(saved.middle), CRows<P>(saved.middle_statistics),
                          CRows<P>(dnormed), through);
        nn::copy(ctx.on, CRows<P>(through), dy, Write::add);

        const Rows<P> dattended = work.scratch(rows, q), dfused = work.scratch(rows, c.fused_width());
        Storage::apply_back(ctx, CRows<P>(dy), output_, dattended);
        change.backward(ctx, Projection::output, CRows<P>(saved.attended), CRows<P>(dy), dattended);
        const Heads<CRows<P>> see = split<CRows<P>>(saved.fused);
        const Heads<Rows<P>> d = split<Rows<P>>(dfused);
        ctx.on.attend_backward(shape(packed), {see.query, see.key, see.value, {}, {}}, saved.attended,
                               saved.softmax, dattended, {d.query, d.key, d.value, {}, {}});
        rope_.backward(ctx, packed.table, packed.position, dfused.cols_from(0, q + kv));
        if (c.head_norm) {
            query_norm_.backward(ctx, CRows<P>(saved.unrotated.cols_from(0, q)), d.query);
            key_norm_.backward(ctx, CRows<P>(saved.unrotated.cols_from(q, kv)), d.key);
        }
        Storage::apply_back(ctx, CRows<P>(dfused), fused_, dnormed);
        if (change.changes(Projection::query, Projection::key, Projection::value)) {
            rms_norm(ctx, norm_, c.epsilon, saved.x, through, saved.statistics);
            change.query_key_value_backward(ctx, CRows<P>(through), CRows<P>(dfused), dnormed);
        }
        rms_norm_backward(ctx, norm_, saved.x, CRows<P>(saved.statistics), CRows<P>(dnormed), through);
        nn::add(ctx.on, CRows<P>(dy), CRows<P>(through), dx);
    }

    /// Cosines and sines of positions 0 .. positions - 1, for all layers. \throws Error as
    /// `Config::check_length`
    template <class P>
    CRows<P> rotation(Context<P>& ctx, Index positions) const {
        config_.check_length(positions);
        return rope_.table(ctx, positions);
    }

    /// Selected rows of what forward saved, in scratch memory.
    template <class P>
    static Saved<P> gathered(Context<P>& ctx, const Saved<P>& saved, Ids<P> row) {
        const auto take = [&](CRows<P> from) {
            if (from.empty()) return Rows<P>{};
            const Rows<P> to = ctx.work.scratch(row.size, from.cols);
            nn::gather(ctx.on, from, row, to);
            return to;
        };
        return {take(saved.x),         take(saved.statistics), take(saved.middle_statistics),
                take(saved.unrotated), take(saved.fused),      take(saved.attended),
                take(saved.softmax),   take(saved.middle),     take(saved.gate_up)};
    }

private:
    /// Queries, keys and values of all heads.
    template <class View>
    struct Heads {
        View query, key, value;
    };
    template <class View>
    Heads<View> split(View fused) const {
        const Index q = config_.query_width(), kv = config_.kv_width();
        return {fused.cols_from(0, q), fused.cols_from(q, kv), fused.cols_from(q + kv, kv)};
    }

    template <class P>
    Attention<P> shape(const Packed<P>& packed) const {
        Attention<P> a;
        a.queries = a.keys = packed.segments;
        a.heads = config_.heads;
        a.kv_heads = config_.kv_heads;
        a.scale = static_cast<typename P::Scalar>(1 / std::sqrt(static_cast<double>(config_.head)));
        a.causal = true;
        a.prefix = packed.prefix;
        return a;
    }

    Config config_;
    Index index_;
    TensorRef norm_, bias_, middle_norm_;
    Matrix fused_, output_;
    HeadNorm query_norm_, key_norm_;
    nn::GatedFeedForward<Storage> feed_forward_;
    nn::Rope rope_;
};

}  // namespace coco::llm
