// SPDX-License-Identifier: Apache-2.0
/// \file
/// A decoder-only language model with given weights: maps soft prompts and text to hidden rows. Backward
/// computes gradients of the soft prompts and of the adapter, from open groups only.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/role.hpp>
#include <coco/fwd.hpp>
#include <coco/llm/cache.hpp>
#include <coco/llm/concept.hpp>
#include <coco/llm/decoder_layer.hpp>
#include <coco/llm/packed.hpp>
#include <coco/llm/prompted.hpp>
#include <coco/llm/source.hpp>
#include <coco/llm/storage.hpp>

namespace coco::llm {

/// out_i = the embedding of a token of the instruction, or of a text, or a soft row.
template <class T>
struct SpliceRows {
    const T* token;  ///< embeddings of the instruction's tokens, then of the texts' tokens
    const T* soft;
    Index soft_stride;
    Index prefix;
    const Id* source;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const Id from = i < prefix ? static_cast<Id>(i) : source[i - prefix];
        const T* const x =
            from < 0 ? soft + (-1 - from) * soft_stride : token + (i < prefix ? i : prefix + from) * cols;
        T* const to = out + i * cols;
        row.each(cols, [&](Index j) { to[j] = x[j]; });
    }
};

/// The Llama family: RMS norms, rotary positions, grouped-query attention, SwiGLU.
/// \tparam Storage_  format of the weights: `storage::Float`, `storage::BFloat16`, `storage::AsStored`
template <class Storage_>
class Decoder {
    static_assert(Storage<Storage_>,
                  "coco::llm::Decoder: a storage claims given matrices and multiplies rows with "
                  "them, forward and back. See docs/concepts.md#languagemodel");
    using Layer = DecoderLayer<Storage_>;

public:
    using Role = role::LanguageModel;
    using Config = llm::Config;

    template <class P>
    using Input = Prompted<P>;

    template <class P>
    struct Saved {
        Rows<P> out;           ///< rows x width: all groups, soft rows and texts, after the final norm
        Segments<P> of_group;  ///< of the rows of `out`
        Packed<P> packed;
        Segments<P> soft_of;
        Index soft_rows = 0;
        std::span<CRows<P>> inputs;                           ///< of each layer, then of the final norm
        std::span<typename Layer::template Saved<P>> layers;  ///< empty if backward recomputes the layers
        Rows<P> statistics;                                   ///< of the final norm
    };

    /// Claims the weights; `source` provides them when the parameters are made.
    [[gnu::cold, gnu::noinline]] Decoder(ParameterLayout& layout, const Source& source)
        : config_(source.config) {
        config_.check();
        const ParameterLayout::Scope scope(layout, "llm");
        const auto table = [&](const char* name) {
            return Storage_::claim(layout, source, name, {{name, config_.vocabulary}}, config_.width);
        };
        embedding_ = table("token_embd.weight");
        for (Index l = 0; l < config_.used(); ++l) layers_.emplace_back(layout, source, l);
        norm_ = claim_row(layout, source, "output_norm.weight", {{"output_norm.weight", config_.width}});
        head_ = !config_.tied && config_.output_head ? table("output.weight") : embedding_;
    }

    const Config& config() const { return config_; }
    Index vocabulary() const { return config_.vocabulary; }
    /// out_i = the embedding of token i, tokens x width.
    template <class P>
    void embed(Context<P>& ctx, Ids<P> token, Rows<P> out) const {
        Storage_::gather(ctx, embedding_, token, out);
    }
    /// Columns of soft prompts and of hidden rows.
    Index width() const { return config_.width; }
    adapter::Sizes adapter_sizes() const { return config_.adapter_sizes(); }

    /// Hidden rows of all groups. Saves what `backward` needs if `ctx` is training or has gradients;
    /// otherwise the layers save nothing.
    template <class P, class Adapter>
    Saved<P> forward(Context<P>& ctx, const Adapter& adapter, const Prompted<P>& in) const {
        using T = typename P::Scalar;
        Workspace<P>& work = ctx.work;
        const Gathered<P> gathered = pack(ctx, in);
        Saved<P> saved;
        saved.packed = gathered.packed;
        saved.of_group = saved.packed.of_group;
        saved.soft_of = in.soft_of;
        saved.soft_rows = in.soft.rows;
        const Index rows = saved.packed.rows(), prefix = saved.packed.prefix, out = rows - prefix,
                    n = config_.used();
        if (out == 0) return saved;
        saved.out = work.keep(out, width());
        saved.statistics = work.keep(rows, 2);
        saved.packed.table = layers_.front().rotation(ctx, saved.packed.positions);

        const bool keeps = ctx.training || ctx.gradients[0] != nullptr;
        const bool whole = keeps && saved_bytes<T>(rows) <= config_.keep_bytes;
        const typename Workspace<P>::Frame frame(work);
        const auto make = [&] { return keeps ? work.keep(rows, width()) : work.scratch(rows, width()); };
        if (keeps) saved.inputs = work.template numbers<CRows<P>>(n + 1);
        if (whole) saved.layers = work.template numbers<typename Layer::template Saved<P>>(n);
        Rows<P> x = make(), next = keeps ? Rows<P>{} : make();
        {
            const typename Workspace<P>::Frame inner(work);
            const Rows<P> token = work.scratch(prefix + in.token.size, width());
            Storage_::gather(ctx, embedding_, in.instruction, token.rows_from(0, prefix));
            Storage_::gather(ctx, embedding_, in.token, token.rows_from(prefix, in.token.size));
            ctx.on.for_each_row(rows, 2 * width(),
                                SpliceRows<T>{token.data, in.soft.data, in.soft.stride, prefix,
                                              gathered.source.data, x.data, width()});
        }
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            if (keeps) {
                saved.inputs[l] = x;
                next = make();
            }
            if (whole) {
                saved.layers[l] = layers_[l].forward(ctx, adapter, saved.packed, CRows<P>(x), next);
            } else {
                const typename Workspace<P>::RecomputeScope passing(work);
                layers_[l].forward(ctx, adapter, saved.packed, CRows<P>(x), next);
            }
            std::swap(x, next);
        }
        if (keeps) saved.inputs.back() = x;
        rms_norm(ctx, norm_, config_.epsilon, CRows<P>(x.rows_from(prefix, out)), saved.out,
                 saved.statistics.rows_from(prefix, out));
        return saved;
    }

    /// Gradients of the soft prompts and of the adapter, from the gradient of `Saved::out`. Rows of closed
    /// groups are left out: the gradient of their soft prompts is zero, and they add nothing to that of the
    /// adapter. If no group is open, the adapter's gradients are not written.
    /// \param dout  rows of `Saved::out` x width; a closed group's rows are not read
    /// \param dsoft  soft rows x width, or empty
    /// \param open  on the host, one byte per group; 0: closed
    template <class P, class Adapter>
    void backward(Context<P>& ctx, const Adapter& adapter, const Saved<P>& saved, CRows<P> dout,
                  Rows<P> dsoft, std::span<const std::uint8_t> open) const {
        if (static_cast<Index>(open.size()) != saved.of_group.count())
            throw Error("language model", "not a flag a group", text_of(saved.of_group.count()),
                        text_of(open.size()));
        Workspace<P>& work = ctx.work;
        const OpenGroups<P> opened = keep_open(ctx, saved.packed, saved.soft_of, saved.soft_rows, open);
        const Packed<P>& packed = opened.packed;
        const Index rows = packed.rows(), prefix = packed.prefix, out = rows - prefix;
        if (out == 0) {
            if (!dsoft.empty()) nn::gather(ctx.on, CRows<P>{}, opened.soft, dsoft);
            return;
        }
        if (saved.inputs.empty())
            throw Error("language model", "backward after a forward that kept nothing",
                        "a run that trains or collects gradients");
        const typename Workspace<P>::Frame frame(work);
        Rows<P> dy = work.scratch(rows, width()), dx = work.scratch(rows, width());
        if (prefix > 0) nn::fill(ctx.on, dy.rows_from(0, prefix), typename P::Scalar(0));
        {
            const typename Workspace<P>::Frame inner(work);
            const auto taken = [&](CRows<P> whole, Ids<P> row) {
                if (opened.row.empty()) return whole;
                const Rows<P> part = work.scratch(row.size, whole.cols);
                nn::gather(ctx.on, whole, row, part);
                return CRows<P>(part);
            };
            const CRows<P> x = taken(saved.inputs.back().rows_from(prefix, saved.out.rows), opened.out_row);
            const CRows<P> statistics =
                taken(saved.statistics.rows_from(prefix, saved.out.rows), opened.out_row);
            rms_norm_backward(ctx, norm_, x, statistics, taken(dout, opened.out_row),
                              dy.rows_from(prefix, out));
        }
        for (std::size_t l = layers_.size(); l-- > 0;) {
            const typename Workspace<P>::RecomputeScope passing(work);
            const typename Workspace<P>::Frame inner(work);
            const auto layer = activations(ctx, adapter, saved, opened, l);
            layers_[l].backward(ctx, adapter, packed, layer, dy, dx);
            std::swap(dy, dx);
        }
        if (!dsoft.empty()) nn::gather(ctx.on, CRows<P>(dy), opened.soft, dsoft);
    }

    /// Hidden rows of texts without soft prompts, text rows x width.
    template <class P, class Adapter>
    Rows<P> hidden(Context<P>& ctx, const Adapter& adapter, Ids<P> token, const Segments<P>& text_of) const {
        Prompted<P> in;
        in.token = token;
        in.text_of = text_of;
        return forward(ctx, adapter, in).out;
    }

    /// Hidden rows of texts after the last of the layers used, without the final norm, text rows x width.
    template <class P, class Adapter>
    Rows<P> states(Context<P>& ctx, const Adapter& adapter, Ids<P> token, const Segments<P>& text_of) const {
        Prompted<P> in;
        in.token = token;
        in.text_of = text_of;
        Packed<P> packed = pack(ctx, in).packed;
        packed.table = layers_.front().rotation(ctx, packed.positions);
        const Rows<P> out = ctx.work.keep(token.size, width());
        const typename Workspace<P>::Frame frame(ctx.work);
        nn::copy<P>(ctx.on, CRows<P>(through_layers(ctx, adapter, packed, token)), out);
        return out;
    }

    /// Continues texts: hidden rows of new tokens, which attend to the rows of their text in `cache` and,
    /// causally, to one another.
    /// \param token_of  for each text a slice of `token`
    /// \param sequence  for each text its number in `cache`
    template <class P, class Adapter>
    Rows<P> extend(Context<P>& ctx, const Adapter& adapter, Cache<P>& cache, Ids<P> token,
                   const Segments<P>& token_of, std::span<const Id> sequence) const {
        Workspace<P>& work = ctx.work;
        const Packed<P> packed = cache.append(ctx, token_of, sequence);
        const Rows<P> out = work.keep(token.size, width());
        const typename Workspace<P>::Frame frame(work);
        const CRows<P> x = through_layers(ctx, adapter, packed, token);
        rms_norm(ctx, norm_, config_.epsilon, x, out, work.scratch(token.size, 2));
        return out;
    }

    /// Logits of hidden rows, rows x vocabulary. \throws Error if the output matrix was not claimed
    template <class P>
    Rows<P> logits(Context<P>& ctx, CRows<P> rows) const {
        if (!config_.tied && !config_.output_head)
            throw Error("llm.output_head", "this model's own output matrix was not claimed");
        const Rows<P> out = ctx.work.keep(rows.rows, config_.vocabulary);
        Storage_::apply(ctx, rows, head_, out);
        return out;
    }

private:
    /// The rows of tokens after all layers, as scratch; nothing is saved for backward.
    template <class P, class Adapter>
    Rows<P> through_layers(Context<P>& ctx, const Adapter& adapter, const Packed<P>& packed,
                           Ids<P> token) const {
        Workspace<P>& work = ctx.work;
        Rows<P> x = work.scratch(token.size, width()), next = work.scratch(token.size, width());
        Storage_::gather(ctx, embedding_, token, x);
        for (const Layer& layer : layers_) {
            const typename Workspace<P>::RecomputeScope passing(work);
            layer.forward(ctx, adapter, packed, CRows<P>(x), next);
            std::swap(x, next);
        }
        return x;
    }

    template <class T>
    double saved_bytes(Index rows) const {
        const Index columns = config_.used() * (Layer::saved_columns(config_) + width());
        return static_cast<double>(rows) * static_cast<double>(columns) * sizeof(T);
    }

    /// What layer l saved for the rows of open groups, or recomputes.
    template <class P, class Adapter>
    typename Layer::template Saved<P> activations(Context<P>& ctx, const Adapter& adapter,
                                                  const Saved<P>& saved, const OpenGroups<P>& opened,
                                                  std::size_t l) const {
        if (!saved.layers.empty())
            return opened.row.empty() ? saved.layers[l] : Layer::gathered(ctx, saved.layers[l], opened.row);
        CRows<P> x = saved.inputs[l];
        if (!opened.row.empty()) {
            const Rows<P> part = ctx.work.scratch(opened.row.size, width());
            nn::gather(ctx.on, x, opened.row, part);
            x = part;
        }
        return layers_[l].forward(ctx, adapter, opened.packed, x, Rows<P>{});
    }

    Config config_;
    TensorRef norm_;
    typename Storage_::Matrix embedding_, head_;
    std::vector<Layer> layers_;
};

}  // namespace coco::llm

static_assert(coco::LanguageModel<coco::llm::Decoder<>>);
