// SPDX-License-Identifier: Apache-2.0
/// \file
/// What semantic ids are like: how much of each codebook they use, how many items share a tuple of codes, and
/// how alike items are whose ids begin with the same tokens.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/quantize/id_trie.hpp>
#include <coco/quantize/semantic_ids.hpp>

namespace coco::quantize {

/// Use of one codebook.
struct CodebookUse {
    Index size = 0, used = 0;  ///< codes, and those that an item has
    double perplexity = 0;     ///< exp of the entropy of an item's code: `size` where all are used alike
};

/// Use and collisions.
struct IdReport {
    std::vector<CodebookUse> levels;  ///< those with a codebook
    Index tuples = 0;                 ///< different tuples of codes
    Index sharing = 0;                ///< items whose codes another item has as well
    Index largest = 0;                ///< items, at most, of equal codes
};

/// Prefixes of `length` tokens of the ids: the first item of each group of equal ones, in the trie's order,
/// and the end of the last.
inline std::vector<std::size_t> groups_of_prefix(const SemanticIds& ids, const IdTrie& trie, Index length) {
    std::vector<std::size_t> begins;
    const std::size_t l = static_cast<std::size_t>(length);
    const auto prefix = [&](std::size_t i) { return ids.tokens(trie.item()[i]).first(l); };
    for (std::size_t i = 0; i < trie.item().size(); ++i)
        if (i == 0 || !std::equal(prefix(i).begin(), prefix(i).end(), prefix(i - 1).begin()))
            begins.push_back(i);
    begins.push_back(trie.item().size());
    return begins;
}

/// \throws Error where there are no items
[[gnu::cold]] inline IdReport report_of(const SemanticIds& ids) {
    IdReport report;
    for (Index l = 0; l < ids.coded_levels(); ++l) {
        std::vector<Index> count(static_cast<std::size_t>(ids.size(l)), 0);
        for (Id item = 0; item < static_cast<Id>(ids.items()); ++item)
            ++count[static_cast<std::size_t>(ids.code(item, l))];
        CodebookUse use{ids.size(l), 0, 0};
        double entropy = 0;
        for (const Index n : count) {
            if (n == 0) continue;
            ++use.used;
            const double p = static_cast<double>(n) / static_cast<double>(ids.items());
            entropy -= p * std::log(p);
        }
        use.perplexity = std::exp(entropy);
        report.levels.push_back(use);
    }
    const auto groups = groups_of_prefix(ids, IdTrie(ids), ids.coded_levels());
    report.tuples = static_cast<Index>(groups.size()) - 1;
    for (std::size_t g = 0; g + 1 < groups.size(); ++g) {
        const Index size = static_cast<Index>(groups[g + 1] - groups[g]);
        if (size > 1) report.sharing += size;
        report.largest = std::max(report.largest, size);
    }
    return report;
}

/// Pairs of items whose ids begin with the same tokens, and the mean cosine of their vectors.
struct PrefixLikeness {
    Index length = 0;  ///< tokens in common, at least; 0: all pairs
    double pairs = 0;
    double cosine = 0;  ///< 0 where there are no pairs
};

/// For prefixes of 0 .. coded_levels() tokens. Items whose vector is zero are in no pair. Over all pairs in
/// linear time: the sum of a group's cosines is (|sum of its unit vectors|^2 - their number) / 2.
/// \param vectors  items x width
[[gnu::cold]] inline std::vector<PrefixLikeness> likeness_by_prefix(const SemanticIds& ids,
                                                                    std::span<const float> vectors,
                                                                    Index width) {
    const std::size_t w = static_cast<std::size_t>(width);
    require(vectors.size() == static_cast<std::size_t>(ids.items()) * w, "likeness by prefix",
            "not one vector for each item", text_of(ids.items() * width), text_of(vectors.size()));
    const IdTrie trie(ids);
    std::vector<PrefixLikeness> out;
    std::vector<double> sum(w);
    for (Index length = 0; length <= ids.coded_levels(); ++length) {
        PrefixLikeness now{length, 0, 0};
        const auto groups = groups_of_prefix(ids, trie, length);
        for (std::size_t g = 0; g + 1 < groups.size(); ++g) {
            std::fill(sum.begin(), sum.end(), 0.0);
            double members = 0, squares = 0;
            for (std::size_t i = groups[g]; i < groups[g + 1]; ++i) {
                const auto row = vectors.subspan(static_cast<std::size_t>(trie.item()[i]) * w, w);
                double length2 = 0;
                for (const float x : row) length2 += static_cast<double>(x) * static_cast<double>(x);
                if (!(length2 > 0)) continue;
                ++members;
                for (std::size_t j = 0; j < w; ++j)
                    sum[j] += static_cast<double>(row[j]) / std::sqrt(length2);
            }
            for (const double s : sum) squares += s * s;
            now.pairs += members * (members - 1) / 2;
            now.cosine += (squares - members) / 2;
        }
        now.cosine = now.pairs > 0 ? now.cosine / now.pairs : 0;
        out.push_back(now);
    }
    return out;
}

/// Of the pairs of items that have a label and begin with the same tokens, the share with equal labels: for
/// prefixes of 0 .. coded_levels() tokens; 0 where there are no pairs.
/// \param label  one for each item; `no_id`: none
[[gnu::cold]] inline std::vector<double> agreement_by_prefix(const SemanticIds& ids,
                                                             std::span<const Id> label) {
    require(label.size() == static_cast<std::size_t>(ids.items()), "agreement by prefix",
            "not one label for each item", text_of(ids.items()), text_of(label.size()));
    const IdTrie trie(ids);
    std::vector<double> out;
    std::vector<Id> within;
    for (Index length = 0; length <= ids.coded_levels(); ++length) {
        const auto groups = groups_of_prefix(ids, trie, length);
        double pairs = 0, equal = 0;
        for (std::size_t g = 0; g + 1 < groups.size(); ++g) {
            within.clear();
            for (std::size_t i = groups[g]; i < groups[g + 1]; ++i)
                if (const Id of = label[static_cast<std::size_t>(trie.item()[i])]; of != no_id)
                    within.push_back(of);
            std::sort(within.begin(), within.end());
            const auto pairs_of = [](double n) { return n * (n - 1) / 2; };
            pairs += pairs_of(static_cast<double>(within.size()));
            for (auto at = within.begin(); at != within.end();) {
                const auto end = std::upper_bound(at, within.end(), *at);
                equal += pairs_of(static_cast<double>(end - at));
                at = end;
            }
        }
        out.push_back(pairs > 0 ? equal / pairs : 0);
    }
    return out;
}

}  // namespace coco::quantize
