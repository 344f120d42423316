// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <limits>
#include <vector>

#include <coco/seq2seq/prefixes.hpp>

using namespace coco;

namespace {

/// One source whose only prefix is the root of six items: three first tokens, two items below each.
struct Trial {
    quantize::SemanticIds ids{std::vector<Id>{0, 0, 0, 1, 1, 0, 1, 1, 2, 0, 2, 1}, std::vector<Index>{3, 2}};
    quantize::IdTrie trie{ids};
    std::vector<Id> node{quantize::IdTrie::root, 0, 0}, parent{0, 0, 0}, of_source{0, 1};
    std::vector<double> score{-1, 0, 0};
    std::vector<Id> next_node{0, 0, 0}, next_parent{7, 7, 7}, next_of_source{0, 0};
    std::vector<double> next_score{0, 0, 0};
    std::vector<seq2seq::Continuation<double>> room{3};

    seq2seq::Prefixes<double> now() { return {node, parent, score, of_source}; }
    /// The best continuations under these log p of the first three tokens.
    std::vector<Id> best(const std::vector<double>& log_p, Index beam) {
        const auto all =
            seq2seq::continuations<double>(trie, now(), 0, log_p.data(), 3, ids.first_token(0), room);
        REQUIRE(all.size() == 3);
        seq2seq::Prefixes<double> next{next_node, next_parent, next_score, next_of_source};
        seq2seq::keep_best<double>(all, beam, 0, next);
        std::vector<Id> tokens;
        for (Index i = 0; i < next.count(); ++i)
            tokens.push_back(trie.token()[static_cast<std::size_t>(next_node[static_cast<std::size_t>(i)])] -
                             ids.first_token(0));
        return tokens;
    }
};

}  // namespace

TEST_CASE("a beam keeps the best prefixes, best first", "[beam]") {
    Trial trial;
    CHECK(trial.best({-3, -1, -2}, 2) == std::vector<Id>{1, 2});
    CHECK(trial.next_score == std::vector<double>{-2, -3, 0});
    CHECK(trial.next_parent[0] == 0);
    CHECK(trial.best({-3, -1, -2}, 9) == std::vector<Id>{1, 2, 0});
}

TEST_CASE("a beam: equal prefixes are kept by lower tokens", "[beam]") {
    Trial trial;
    CHECK(trial.best({-1, -1, -1}, 2) == std::vector<Id>{0, 1});
    CHECK(trial.best({-2, -1, -1}, 1) == std::vector<Id>{1});
}

TEST_CASE("a beam: a score that is no number comes last", "[beam]") {
    Trial trial;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(trial.best({nan, -5, nan}, 3) == std::vector<Id>{1, 0, 2});
    CHECK(trial.next_score[1] == -std::numeric_limits<double>::infinity());
}
