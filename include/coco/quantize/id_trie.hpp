// SPDX-License-Identifier: Apache-2.0
/// \file
/// The trie of all semantic ids, for decoding that yields items only: which tokens may follow a prefix, which
/// item a whole tuple is, and which items share a prefix. Three lists of integers, level by level, so that a
/// kernel can walk it as well.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/quantize/semantic_ids.hpp>
#include <coco/store/view.hpp>
#include <coco/store/workspace.hpp>

namespace coco::quantize {

/// The tokens that may follow a prefix, ascending, and the node that each leads to: nodes
/// first_node .. first_node + size() - 1.
struct NextTokens {
    std::span<const Id> token;
    Id first_node = 0;

    Index size() const { return static_cast<Index>(token.size()); }
    Id node(Index i) const { return first_node + static_cast<Id>(i); }
};

/// The trie as kernels read it; see `IdTrie` for the meaning of its lists.
template <class P>
struct IdTrieLists {
    Ids<P> first_child, token, item;

    /// The children of an inner node are the nodes first_child[node] .. first_child[node + 1] - 1.
    COCO_HD Id begin(Id node) const { return first_child.data[node]; }
    COCO_HD Id end(Id node) const { return first_child.data[node + 1]; }
    COCO_HD Id token_of(Id node) const { return token.data[node]; }
    /// The item at a leaf; `no_id` elsewhere.
    COCO_HD Id item_at(Id node) const {
        const Id leaf = node - static_cast<Id>(token.size - item.size);
        return leaf < 0 ? no_id : item.data[leaf];
    }
};

/// Nodes are numbered level by level, each level in the order of its tuples: the root is 0, the children of a
/// node are consecutive and ascend by token, and the leaves, one for each item, come last.
class IdTrie {
public:
    static constexpr Id root = 0;

    IdTrie() = default;
    [[gnu::cold]] explicit IdTrie(const SemanticIds& ids) {
        const std::size_t levels = static_cast<std::size_t>(ids.levels());
        require(ids.items() > 0, "trie of semantic ids", "no items");
        item_.resize(static_cast<std::size_t>(ids.items()));
        std::iota(item_.begin(), item_.end(), 0);
        std::sort(item_.begin(), item_.end(), [&](Id a, Id b) {
            const auto x = ids.tokens(a), y = ids.tokens(b);
            return std::lexicographical_compare(x.begin(), x.end(), y.begin(), y.end());
        });
        // Where in the sorted items each node of the level above begins.
        std::vector<std::size_t> above{0}, here;
        token_.push_back(no_id);
        for (std::size_t l = 0; l < levels; ++l) {
            here.clear();
            for (std::size_t n = 0; n < above.size(); ++n) {
                first_child_.push_back(static_cast<Id>(token_.size()));
                const std::size_t end = n + 1 < above.size() ? above[n + 1] : item_.size();
                for (std::size_t k = above[n]; k < end; ++k) {
                    const Id token = ids.tokens(item_[k])[l];
                    if (k > above[n] && token == token_.back()) continue;
                    token_.push_back(token);
                    here.push_back(k);
                }
            }
            above.swap(here);
        }
        first_child_.push_back(static_cast<Id>(token_.size()));
    }

    Index nodes() const { return static_cast<Index>(token_.size()); }
    Index leaves() const { return static_cast<Index>(item_.size()); }
    bool is_leaf(Id node) const { return node >= first_leaf(); }

    /// What may follow a node; nothing after a leaf.
    NextTokens allowed(Id node) const {
        if (is_leaf(node)) return {};
        const Id begin = first_child_[static_cast<std::size_t>(node)],
                 end = first_child_[static_cast<std::size_t>(node) + 1];
        return {std::span<const Id>(token_).subspan(static_cast<std::size_t>(begin),
                                                    static_cast<std::size_t>(end - begin)),
                begin};
    }
    /// The node that a token leads to; `no_id` where no id goes on like this.
    Id child(Id node, Id token) const {
        const NextTokens next = allowed(node);
        const auto at = std::lower_bound(next.token.begin(), next.token.end(), token);
        return at == next.token.end() || *at != token
                   ? no_id
                   : next.node(static_cast<Index>(at - next.token.begin()));
    }
    /// The node of a prefix, from the root; `no_id` where no id begins like this.
    Id find(std::span<const Id> prefix) const {
        Id node = root;
        for (std::size_t l = 0; l < prefix.size() && node != no_id; ++l) node = child(node, prefix[l]);
        return node;
    }
    /// The item of a leaf; `no_id` for an inner node.
    Id item(Id node) const {
        return is_leaf(node) ? item_[static_cast<std::size_t>(node - first_leaf())] : no_id;
    }
    /// All items whose ids begin with the tokens that lead to a node, in the order of their ids.
    std::span<const Id> items(Id node) const {
        Id begin = node, end = node + 1;
        while (!is_leaf(begin)) {
            begin = first_child_[static_cast<std::size_t>(begin)];
            end = first_child_[static_cast<std::size_t>(end)];
        }
        return std::span<const Id>(item_).subspan(static_cast<std::size_t>(begin - first_leaf()),
                                                  static_cast<std::size_t>(end - begin));
    }

    /// For each inner node, and once more behind the last, the first of its children.
    std::span<const Id> first_child() const { return first_child_; }
    /// For each node the token that leads to it; `no_id` for the root.
    std::span<const Id> token() const { return token_; }
    /// For each leaf its item.
    std::span<const Id> item() const { return item_; }

    /// The lists where kernels run, until `work` is reset; the trie must live as long.
    template <class P>
    IdTrieLists<P> upload(P& on, Workspace<P>& work) const {
        return {on.upload(first_child(), work), on.upload(token(), work), on.upload(item(), work)};
    }

private:
    Id first_leaf() const { return static_cast<Id>(nodes() - leaves()); }

    std::vector<Id> first_child_, token_, item_;
};

}  // namespace coco::quantize
