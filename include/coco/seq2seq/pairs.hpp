// SPDX-License-Identifier: Apache-2.0
/// \file
/// A batch of an encoder-decoder: packed sources, and packed targets shifted by one, the token before each
/// target as the decoder's input. No padding.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/nn/upload.hpp>
#include <coco/store/ragged.hpp>

namespace coco::seq2seq {

/// The token that the decoder starts from: T5's padding, which nothing else uses, as nothing is padded.
inline constexpr Id start_token = 0;

/// A batch in the memory of policy `P`.
template <class P>
struct Pairs {
    Segments<P> source_of, target_of;  ///< equally many, none empty
    Ids<P> source, source_key;
    Ids<P> input;  ///< of the decoder: `start_token`, then all targets but the last
    Ids<P> target, target_key;
    Inverse<P> by_source, by_input;
};

/// The same on the host; it must outlive the step.
struct HostPairs {
    Offsets source_of, target_of;
    std::vector<Id> source, source_key, input, target, target_key;
    InverseLists by_source, by_input;

    void clear() {
        source_of.clear();
        target_of.clear();
        for (std::vector<Id>* v : {&source, &source_key, &input, &target, &target_key}) v->clear();
    }

    /// \param key  of the pair's random bits
    /// \throws Error where one of them is empty
    void add(std::span<const Id> from, std::span<const Id> to, std::uint32_t key) {
        if (from.empty() || to.empty())
            throw Error(text_of("pair ", source_of.count()), from.empty() ? "no source" : "no target",
                        "a token or more", "none");
        source_of.push(static_cast<Index>(from.size()));
        target_of.push(static_cast<Index>(to.size()));
        source.insert(source.end(), from.begin(), from.end());
        target.insert(target.end(), to.begin(), to.end());
        input.push_back(start_token);
        input.insert(input.end(), to.begin(), to.end() - 1);
        // Keys of rows: a pair has room for 4096 tokens.
        for (std::uint32_t i = 0; i < from.size(); ++i) source_key.push_back(static_cast<Id>(key * 4096 + i));
        for (std::uint32_t i = 0; i < to.size(); ++i) target_key.push_back(static_cast<Id>(key * 4096 + i));
    }

    /// Builds what the gradient of the embedding needs.
    /// \throws Error where a token is not in the vocabulary
    void finish(Index vocabulary) {
        check(source, source_of, "source", vocabulary);
        check(target, target_of, "target", vocabulary);
        by_source.build(source, vocabulary);
        by_input.build(input, vocabulary);
    }

private:
    static void check(const std::vector<Id>& tokens, const Offsets& of, const char* what, Index vocabulary) {
        for (Index p = 0; p < of.count(); ++p)
            for (Id i = of.at[static_cast<std::size_t>(p)]; i < of.at[static_cast<std::size_t>(p) + 1]; ++i)
                if (const Id token = tokens[static_cast<std::size_t>(i)]; token < 0 || token >= vocabulary)
                    throw Error(text_of("pair ", p, ", ", what), "no such token",
                                text_of("0 to ", vocabulary - 1), text_of(token));
    }
};

/// Uploads a host batch, whose `finish` was called.
template <class P>
Pairs<P> upload(Context<P>& ctx, const HostPairs& h) {
    const auto ids = [&](const std::vector<Id>& v) {
        return ctx.on.upload(std::span<const Id>(v), ctx.work);
    };
    return {coco::upload(ctx, h.source_of),
            coco::upload(ctx, h.target_of),
            ids(h.source),
            ids(h.source_key),
            ids(h.input),
            ids(h.target),
            ids(h.target_key),
            coco::upload(ctx, h.by_source),
            coco::upload(ctx, h.by_input)};
}

}  // namespace coco::seq2seq
