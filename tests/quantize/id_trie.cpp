// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>

#include <coco/core/random.hpp>
#include <coco/quantize/id_trie.hpp>

#include "conformance/numbers.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using quantize::IdTrie;
using quantize::SemanticIds;
using P = conformance::PolicyUnderTest<float>;

namespace {

SemanticIds some_ids() {
    RandomStream random(8, 1);
    std::vector<Id> codes;
    for (int i = 0; i < 3 * 200; ++i) codes.push_back(static_cast<Id>(random.below(4)));
    return {codes, std::vector<Index>{4, 4, 4}};
}

/// For each leaf the item that the trie's lists lead to, by the first child of each node on the way up.
struct WalkDown {
    quantize::IdTrieLists<P> trie;
    const Id* tokens;
    Index levels;
    Id* found;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        Id node = IdTrie::root;
        for (Index l = 0; l < levels; ++l)
            for (Id child = trie.begin(node); child < trie.end(node); ++child)
                if (trie.token_of(child) == tokens[i * levels + l]) {
                    node = child;
                    break;
                }
        const Id item = trie.item_at(IdTrie::root) == no_id ? trie.item_at(node) : no_id;
        Id* const to = found + i;
        row.each(1, [=](Index) { *to = item; });
    }
};

}  // namespace

TEST_CASE("the trie allows what the ids allow, and no more", "[id_trie]") {
    const SemanticIds ids = some_ids();
    const IdTrie trie(ids);
    // By sets of prefixes.
    std::map<std::vector<Id>, std::set<Id>> next;
    std::map<std::vector<Id>, std::set<Id>> items;
    for (Id item = 0; item < static_cast<Id>(ids.items()); ++item) {
        std::vector<Id> prefix;
        items[prefix].insert(item);
        for (const Id token : ids.tokens(item)) {
            next[prefix].insert(token);
            prefix.push_back(token);
            items[prefix].insert(item);
        }
    }
    CHECK(trie.nodes() == static_cast<Index>(items.size()));
    CHECK(trie.leaves() == ids.items());
    for (const auto& [prefix, of] : items) {
        const Id node = trie.find(prefix);
        REQUIRE(node != no_id);
        const auto allowed = trie.allowed(node);
        CHECK(std::vector<Id>(allowed.token.begin(), allowed.token.end()) ==
              std::vector<Id>(next[prefix].begin(), next[prefix].end()));
        for (Index i = 0; i < allowed.size(); ++i)
            CHECK(trie.child(node, allowed.token[static_cast<std::size_t>(i)]) == allowed.node(i));
        CHECK(trie.child(node, 0) == no_id);
        CHECK(trie.child(node, static_cast<Id>(ids.vocabulary())) == no_id);
        const auto shared = trie.items(node);
        CHECK(std::set<Id>(shared.begin(), shared.end()) == of);
        CHECK(shared.size() == of.size());
        const bool whole = prefix.size() == static_cast<std::size_t>(ids.levels());
        CHECK(trie.is_leaf(node) == whole);
        CHECK(trie.item(node) == (whole ? *of.begin() : no_id));
    }
    CHECK(trie.find(std::vector<Id>{1, 1}) == no_id);
}

TEST_CASE("a kernel walks the trie's lists", "[id_trie]") {
    const SemanticIds ids = some_ids();
    const IdTrie trie(ids);
    P on = conformance::policy<P>(2);
    Workspace<P> work(on);
    const MutableIds<P> found = work.keep_list<Id>(ids.items());
    on.for_each_row(
        ids.items(), 16,
        WalkDown{trie.upload(on, work), on.upload(ids.tokens(), work).data, ids.levels(), found.data});
    std::vector<Id> items(static_cast<std::size_t>(ids.items()));
    on.download(Ids<P>(found), items.data());
    for (std::size_t i = 0; i < items.size(); ++i) CHECK(items[i] == static_cast<Id>(i));
}

TEST_CASE("a trie of one item, and of none", "[id_trie]") {
    const IdTrie one(SemanticIds(std::vector<Id>{3, 0}, std::vector<Index>{5, 5}));
    CHECK(one.nodes() == 4);
    CHECK(one.item(one.find(std::vector<Id>{4, 6, 11})) == 0);
    CHECK(one.items(IdTrie::root).size() == 1);
    CHECK_THROWS_WITH(IdTrie(SemanticIds({}, std::vector<Index>{5})), "trie of semantic ids: no items");
}
