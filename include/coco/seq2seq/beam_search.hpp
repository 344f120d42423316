// SPDX-License-Identifier: Apache-2.0
/// \file
/// Beam search over a trie of semantic ids, for many sources at once: items by log p of their tuples under an
/// encoder-decoder, log p = the sum over tokens of log softmax over the whole vocabulary. After each token
/// but the last the best `beam` prefixes of a source stay; all items below the last prefixes are found. With
/// as many prefixes as the trie has, these are all items, exactly scored.
#pragma once

#include <algorithm>
#include <span>
#include <utility>

#include <coco/core/error.hpp>
#include <coco/core/math.hpp>
#include <coco/nn/indices.hpp>
#include <coco/quantize/id_trie.hpp>
#include <coco/quantize/semantic_ids.hpp>
#include <coco/seq2seq/encoder_decoder.hpp>
#include <coco/seq2seq/prefixes.hpp>

namespace coco::seq2seq {

/// What a search found for each source, on the host until the workspace is reset: best first, equals by lower
/// item.
template <class P>
struct FoundItems {
    std::span<Id> of_source;  ///< sources + 1 offsets
    std::span<Id> item;
    std::span<typename P::Scalar> score;  ///< log p

    Index sources() const { return static_cast<Index>(of_source.size()) - 1; }
};

/// out_j = log softmax(logits)_{first + j}.
template <class T>
struct LogSoftmaxRows {
    const T* logits;
    Index vocabulary, first;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const z = logits + i * vocabulary;
        const T maximum = row.max(vocabulary, [=](Index j) { return z[j]; });
        const T total =
            maximum + math::log(row.sum(vocabulary, [=](Index j) { return math::exp(z[j] - maximum); }));
        T* const to = out + i * cols;
        const Index from = first;
        row.each(cols, [=](Index j) { to[j] = z[from + j] - total; });
    }
};

/// References only; model, ids and trie must outlive it.
class BeamSearch {
public:
    /// Prefixes that are decoded in one pass: bounds the memory.
    static constexpr Index rows_at_once = 2048;

    /// \param beam  prefixes that stay per source; 0: all that there are
    /// \throws Error where the model's vocabulary is not that of the ids
    BeamSearch(const EncoderDecoder& model, const quantize::SemanticIds& ids, const quantize::IdTrie& trie,
               Index beam)
        : model_(&model), ids_(&ids), trie_(&trie) {
        require(beam >= 0, "beam", "out of range", "0 or more", text_of(beam));
        require(ids.specials() >= 1, "beam", "the ids leave no token to start from",
                "1 special token or more", "none");
        // No `require`: its text would be made, and memory taken, in each search.
        if (model.vocabulary() < ids.vocabulary())
            throw Error("beam", "the model lacks tokens of the ids",
                        text_of("a vocabulary of at least ", ids.vocabulary()), text_of(model.vocabulary()));
        require(trie.leaves() == ids.items(), "beam", "the trie is not that of the ids",
                text_of(ids.items(), " items"), text_of(trie.leaves()));
        Id first = quantize::IdTrie::root, end = 1;
        for (Index l = 0; l < ids.levels(); ++l) {
            Index children = 0;
            for (Id node = first; node < end; ++node)
                children = std::max(children, trie.allowed(node).size());
            const Index live = beam == 0 ? end - first : std::min<Index>(beam, end - first);
            widest_ = std::max(widest_, live);
            first = std::exchange(end, static_cast<Id>(trie.first_child()[static_cast<std::size_t>(end)]));
            found_ = std::min<Index>(end - first, live * children);
            continuations_ = std::max(continuations_, found_);
        }
        beam_ = beam == 0 ? widest_ : beam;
    }

    /// \param memory  the encoder's rows, source after source
    template <class P>
    FoundItems<P> operator()(Context<P>& ctx, CRows<P> memory, const Segments<P>& source_of) const {
        const Index sources = source_of.count(), at_once = std::max<Index>(1, rows_at_once / widest_);
        FoundItems<P> found{ctx.work.numbers(sources + 1), ctx.work.numbers(sources * found_),
                            ctx.work.template numbers<typename P::Scalar>(sources * found_)};
        found.of_source[0] = 0;
        const Host<typename P::Scalar> host = room<P>(ctx, std::min(at_once, sources));
        for (Index first = 0; first < sources; first += at_once)
            search(ctx, memory, source_of, first, std::min(at_once, sources - first), host, found);
        return found;
    }

private:
    /// Memory of the host for one pass.
    template <class T>
    struct Host {
        Prefixes<T> now, next;
        std::span<Continuation<T>> continuations;
        std::span<T> log_p;
    };
    template <class P>
    Host<typename P::Scalar> room(Context<P>& ctx, Index sources) const {
        using T = typename P::Scalar;
        const Index most = sources * widest_;
        const auto prefixes = [&]() -> Prefixes<T> {
            return {ctx.work.numbers(most), ctx.work.numbers(most), ctx.work.template numbers<T>(most),
                    ctx.work.numbers(sources + 1)};
        };
        const auto sizes = ids_->sizes();
        return {prefixes(), prefixes(), ctx.work.template numbers<Continuation<T>>(continuations_),
                ctx.work.template numbers<T>(most * *std::max_element(sizes.begin(), sizes.end()))};
    }

    /// Sources first .. first + sources - 1.
    template <class P>
    void search(Context<P>& ctx, CRows<P> memory, const Segments<P>& source_of, Index first, Index sources,
                Host<typename P::Scalar> host, FoundItems<P>& found) const {
        using T = typename P::Scalar;
        const typename Workspace<P>::RecomputeScope scope(ctx.work);
        const std::span<Id> offsets = ctx.work.numbers(sources + 1);
        for (Index s = 0; s <= sources; ++s)
            offsets[static_cast<std::size_t>(s)] =
                static_cast<Id>((s < sources ? source_of.begin(first + s) : source_of.end(first + s - 1)) -
                                source_of.begin(first));
        const Segments<P> own = nn::segments(ctx, std::span<const Id>(offsets));
        const auto prepared =
            model_->decoder().prepare(ctx, memory.rows_from(source_of.begin(first), own.rows()));
        const Index width = 2 * model_->config().attention().inner(), levels = ids_->levels();
        Decoder::KeysAndValues<P> cache;
        for (Index l = 0; l <= model_->decoder().layers(); ++l)
            cache[static_cast<std::size_t>(l)] = ctx.work.keep(sources * widest_ * levels, width);
        const nn::RelativeBias::Saved<P> bias = model_->decoder().bias().forward(ctx, levels);
        for (auto* prefixes : {&host.now, &host.next}) {
            prefixes->of_source = prefixes->of_source.first(static_cast<std::size_t>(sources) + 1);
            prefixes->of_source[0] = 0;
        }
        for (Index s = 0; s < sources; ++s) {
            const auto at = static_cast<std::size_t>(s);
            host.now.node[at] = quantize::IdTrie::root;
            host.now.score[at] = T(0);
            host.now.of_source[at + 1] = static_cast<Id>(s + 1);
        }
        for (Index level = 0; level < levels; ++level) {
            decode(ctx, host, level, CRows<P>(bias.by_distance), own, prepared, cache);
            for (Index s = 0; s < sources; ++s) {
                const std::span<Continuation<T>> all =
                    continuations<T>(*trie_, host.now, s, host.log_p.data(), ids_->size(level),
                                     ids_->first_token(level), host.continuations);
                if (level + 1 < levels)
                    keep_best<T>(all, beam_, s, host.next);
                else
                    add_items<P>(all, first + s, found);
            }
            std::swap(host.now, host.next);
        }
    }

    /// log p of the tokens of a level after each prefix, on the host.
    template <class P>
    void decode(Context<P>& ctx, const Host<typename P::Scalar>& host, Index level, CRows<P> by_distance,
                const Segments<P>& source_of, const Decoder::KeysAndValues<P>& prepared,
                Decoder::KeysAndValues<P>& cache) const {
        using T = typename P::Scalar;
        const typename Workspace<P>::RecomputeScope scope(ctx.work);
        const Index rows = host.now.count(), levels = ids_->levels();
        const std::span<Id> token = ctx.work.numbers(rows), place = ctx.work.numbers(rows),
                            begin = ctx.work.numbers(rows + 1), end = ctx.work.numbers(rows),
                            row = ctx.work.numbers(rows + 1);
        for (Index i = 0; i < rows; ++i) {
            const auto at = static_cast<std::size_t>(i);
            token[at] =
                level == 0 ? start_token : trie_->token()[static_cast<std::size_t>(host.now.node[at])];
            begin[at] = static_cast<Id>(i * levels);
            place[at] = static_cast<Id>(i * levels + level);
            end[at] = place[at] + 1;
            row[at] = static_cast<Id>(i);
        }
        begin.back() = static_cast<Id>(rows * levels);
        row.back() = static_cast<Id>(rows);
        const auto uploaded = [&](std::span<const Id> ids) { return ctx.on.upload(ids, ctx.work); };
        if (level > 0) {
            const std::span<Id> parent = ctx.work.numbers(rows);
            std::copy_n(host.now.parent.begin(), rows, parent.begin());
            reorder(ctx, uploaded(parent), level, cache);
        }
        Continued<P> at;
        at.rows = nn::segments(ctx, std::span<const Id>(row));
        at.keys = {begin, uploaded(begin), level + 1, end, uploaded(end)};
        at.place = uploaded(place);
        const std::span<Id> of_source = ctx.work.numbers(static_cast<Index>(host.now.of_source.size()));
        std::copy(host.now.of_source.begin(), host.now.of_source.end(), of_source.begin());
        at.of_source = nn::segments(ctx, std::span<const Id>(of_source));
        at.source_of = source_of;
        at.by_distance = by_distance;
        const Rows<P> out =
            model_->decoder().extend(ctx, at, prepared, cache, model_->embed(ctx, uploaded(token)));
        const Rows<P> logits = ctx.work.keep(rows, model_->vocabulary()),
                      log_p = ctx.work.keep(rows, ids_->size(level));
        ctx.on.multiply(CRows<P>(out), Op::plain, ctx.value(model_->embedding()), Op::transposed, logits,
                        static_cast<T>(model_->logit_scale()));
        ctx.on.for_each_row(
            rows, 2 * logits.cols,
            LogSoftmaxRows<T>{logits.data, logits.cols, ids_->first_token(level), log_p.data, log_p.cols});
        ctx.on.download(List<const T, typename P::Space>{log_p.data, log_p.size()}, host.log_p.data());
    }

    /// Gives each prefix the keys and values of the one that it continues. The spare matrix is the one behind
    /// the layers'.
    template <class P>
    void reorder(Context<P>& ctx, Ids<P> parent, Index level, Decoder::KeysAndValues<P>& cache) const {
        Rows<P>& spare = cache[static_cast<std::size_t>(model_->decoder().layers())];
        const Index levels = ids_->levels(), prefixes = spare.rows / levels, width = spare.cols * levels;
        const auto by_prefix = [&](const Rows<P>& x) {
            return Rows<P>(x.data, prefixes, width).cols_from(0, level * spare.cols);
        };
        for (Index l = 0; l < model_->decoder().layers(); ++l) {
            Rows<P>& own = cache[static_cast<std::size_t>(l)];
            nn::gather<P>(ctx.on, CRows<P>(by_prefix(own)), parent,
                          by_prefix(spare).rows_from(0, parent.size));
            std::swap(own, spare);
        }
    }

    template <class P>
    void add_items(std::span<Continuation<typename P::Scalar>> all, Index source,
                   FoundItems<P>& found) const {
        for (auto& c : all) c.node = trie_->item(c.node);
        std::sort(all.begin(), all.end(), Continuation<typename P::Scalar>::before);
        auto at = static_cast<std::size_t>(found.of_source[static_cast<std::size_t>(source)]);
        for (const auto& c : all) {
            found.item[at] = c.node;
            found.score[at++] = c.score;
        }
        found.of_source[static_cast<std::size_t>(source) + 1] = static_cast<Id>(at);
    }

    const EncoderDecoder* model_;
    const quantize::SemanticIds* ids_;
    const quantize::IdTrie* trie_;
    Index beam_ = 0;
    Index widest_ = 1;         ///< most prefixes of a source
    Index continuations_ = 1;  ///< most continuations of a source's prefixes
    Index found_ = 1;          ///< most items of a source
};

}  // namespace coco::seq2seq
