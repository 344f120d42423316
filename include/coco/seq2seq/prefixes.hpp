// SPDX-License-Identifier: Apache-2.0
/// \file
/// The host's part of a beam search: which prefixes of semantic ids are alive for each source, and which of
/// their continuations come next. Only continuations that the trie has are considered.
#pragma once

#include <algorithm>
#include <limits>
#include <span>

#include <coco/core/types.hpp>
#include <coco/quantize/id_trie.hpp>

namespace coco::seq2seq {

/// Prefixes of several sources, source after source, in memory of the caller.
template <class T>
struct Prefixes {
    std::span<Id> node;       ///< of the trie
    std::span<Id> parent;     ///< the prefix, of those before, that each continues
    std::span<T> score;       ///< log p of its tokens
    std::span<Id> of_source;  ///< sources + 1 offsets

    Index count() const { return of_source.back(); }
    Index begin(Index source) const { return of_source[static_cast<std::size_t>(source)]; }
    Index end(Index source) const { return of_source[static_cast<std::size_t>(source) + 1]; }
};

/// A continuation of a prefix.
template <class T>
struct Continuation {
    T score;
    Id node, parent;

    /// Better scores first, equals by lower node, that is by lower tokens.
    static bool before(const Continuation& a, const Continuation& b) {
        return a.score > b.score || (a.score == b.score && a.node < b.node);
    }
};

/// All continuations of a source's prefixes by one token. A score that is no number counts as minus infinity.
/// \param log_p  prefixes x tokens: of each token of the level, from `first_token` on
/// \param all    receives them; large enough
/// \return       the part of `all` that was written
template <class T>
std::span<Continuation<T>> continuations(const quantize::IdTrie& trie, const Prefixes<T>& prefixes,
                                         Index source, const T* log_p, Index tokens, Id first_token,
                                         std::span<Continuation<T>> all) {
    std::size_t count = 0;
    for (Index i = prefixes.begin(source); i < prefixes.end(source); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const quantize::NextTokens next = trie.allowed(prefixes.node[at]);
        for (Index k = 0; k < next.size(); ++k) {
            const T score = prefixes.score[at] +
                            log_p[i * tokens + next.token[static_cast<std::size_t>(k)] - first_token];
            all[count++] = {score == score ? score : -std::numeric_limits<T>::infinity(), next.node(k),
                            static_cast<Id>(i)};
        }
    }
    return all.first(count);
}

/// Makes the best `beam` continuations the source's next prefixes, best first.
/// \param next  its offsets up to this source are set
template <class T>
void keep_best(std::span<Continuation<T>> all, Index beam, Index source, Prefixes<T>& next) {
    const auto best = all.first(std::min(all.size(), static_cast<std::size_t>(beam)));
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(best.size()), all.end(),
                      Continuation<T>::before);
    auto at = static_cast<std::size_t>(next.begin(source));
    for (const Continuation<T>& c : best) {
        next.node[at] = c.node;
        next.parent[at] = c.parent;
        next.score[at++] = c.score;
    }
    next.of_source[static_cast<std::size_t>(source) + 1] = static_cast<Id>(at);
}

}  // namespace coco::seq2seq
