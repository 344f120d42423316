// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include <coco/nn/parameters.hpp>
#include <coco/seq2seq/beam_scorer.hpp>

#include "conformance/numbers.hpp"
#include "conformance/policy_under_test.hpp"
#include "conformance/scorer.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

constexpr Index item_count = 23;

/// Three levels of codes, of which many are shared, and the running index.
quantize::SemanticIds drawn_ids() {
    const std::vector<Index> sizes{4, 3, 3};
    RandomStream random(8);
    std::vector<Id> codes;
    for (Index i = 0; i < item_count; ++i)
        for (const Index size : sizes)
            codes.push_back(static_cast<Id>(random.below(static_cast<std::uint32_t>(size))));
    return {codes, sizes};
}

struct Trial {
    quantize::SemanticIds ids = drawn_ids();
    quantize::IdTrie trie{ids};
    ParameterLayout layout;
    seq2seq::EncoderDecoder model;
    P on = conformance::policy<P>(1);
    Workspace<P> work{on};
    Parameters<P> parameters;
    std::vector<std::vector<Id>> sources{{4, 9, 13, 2}, {7}, {1, 1, 12, 3, 5, 9, 9, 10, 2}};

    explicit Trial(double init = 2)
        : model(layout,
                {.width = 8,
                 .heads = 2,
                 .head = 5,
                 .hidden = 12,
                 .encoder_layers = 1,
                 .decoder_layers = 2,
                 .buckets = 8,
                 .max_distance = 12,
                 .init = init},
                ids.vocabulary()),
          parameters(on, layout, 6) {}

    Context<P> context() { return parameters.context(on, work); }
    seq2seq::BeamScorer<P> search(Context<P>& ctx, Index beam) {
        Offsets of;
        std::vector<Id> token;
        for (const std::vector<Id>& s : sources) {
            of.push(static_cast<Index>(s.size()));
            token.insert(token.end(), s.begin(), s.end());
        }
        const Segments<P> source_of = conformance::segments(on, work, of);
        const auto encoded =
            model.encode(ctx, source_of, conformance::ids(on, work, std::span<const Id>(token)), Ids<P>{});
        return {seq2seq::BeamSearch(model, ids, trie, beam)(ctx, encoded.out, source_of)};
    }
    Index rows() const { return static_cast<Index>(sources.size()); }

    /// log p of the first `count` tokens of an item, teacher-forced and alone: without cache and trie.
    double log_p(std::size_t source, Id item, std::size_t count) {
        const std::span<const Id> target = ids.tokens(item).first(count);
        seq2seq::HostPairs pairs;
        pairs.add(sources[source], target, 0);
        pairs.finish(model.vocabulary());
        Context<P> ctx = context();
        const auto out = conformance::downloaded<P>(on, model.forward(ctx, seq2seq::upload(ctx, pairs)).out);
        const auto embedding = values_of<P>(on, parameters, model.embedding());
        const std::size_t width = 8;
        double sum = 0;
        for (std::size_t t = 0; t < count; ++t) {
            double total = 0, own = 0;
            for (std::size_t v = 0; v < embedding.size() / width; ++v) {
                double logit = 0;
                for (std::size_t c = 0; c < width; ++c)
                    logit += out[t * width + c] * embedding[v * width + c];
                logit /= std::sqrt(8.0);
                total += std::exp(logit);
                if (static_cast<Id>(v) == target[t]) own = logit;
            }
            sum += own - std::log(total);
        }
        return sum;
    }
    struct Scored {
        double score;
        Id item;
    };
    /// Beam search by definition: every prefix scored by itself.
    std::vector<Scored> by_definition(std::size_t source, std::size_t beam) {
        std::vector<Id> alive(static_cast<std::size_t>(item_count));
        for (Id i = 0; i < static_cast<Id>(item_count); ++i) alive[static_cast<std::size_t>(i)] = i;
        for (std::size_t count = 1; count < 4; ++count) {
            std::map<std::vector<Id>, double> score;
            for (const Id i : alive) {
                const auto prefix = ids.tokens(i).first(count);
                score[{prefix.begin(), prefix.end()}] = log_p(source, i, count);
            }
            std::vector<double> best;
            for (const auto& each : score) best.push_back(-each.second);
            std::sort(best.begin(), best.end());
            const double bar = best.size() > beam ? -best[beam - 1] : -1e300;
            std::erase_if(alive, [&](Id i) {
                const auto prefix = ids.tokens(i).first(count);
                return score[{prefix.begin(), prefix.end()}] < bar;
            });
        }
        std::vector<Scored> found;
        for (const Id i : alive) found.push_back({log_p(source, i, 4), i});
        std::sort(found.begin(), found.end(), [](const Scored& a, const Scored& b) {
            return a.score > b.score || (a.score == b.score && a.item < b.item);
        });
        return found;
    }
};

std::string message(const std::function<void()>& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("a beam as wide as the catalogue scores every item as teacher forcing does", "[beam]") {
    Trial trial;
    for (const Index beam : {Index{0}, item_count, Index{1000}}) {
        trial.work.reset();
        Context<P> ctx = trial.context();
        const auto found = trial.search(ctx, beam).found;
        REQUIRE(found.of_source.back() == 3 * item_count);
        for (std::size_t s = 0; s < trial.sources.size(); ++s) {
            const auto expected = trial.by_definition(s, 1000);
            for (std::size_t k = 0; k < expected.size(); ++k) {
                const std::size_t at = s * static_cast<std::size_t>(item_count) + k;
                CHECK(found.item[at] == expected[k].item);
                CHECK(found.score[at] == Approx(expected[k].score).epsilon(1e-12));
            }
        }
    }
}

TEST_CASE("a narrow beam finds what its definition says", "[beam]") {
    Trial trial;
    for (const std::size_t beam : {std::size_t{1}, std::size_t{3}, std::size_t{6}}) {
        trial.work.reset();
        Context<P> ctx = trial.context();
        const auto found = trial.search(ctx, static_cast<Index>(beam)).found;
        for (std::size_t s = 0; s < trial.sources.size(); ++s) {
            INFO("beam " << beam << ", source " << s);
            const auto expected = trial.by_definition(s, beam);
            const auto begin = static_cast<std::size_t>(found.of_source[s]);
            REQUIRE(static_cast<std::size_t>(found.of_source[s + 1]) - begin == expected.size());
            for (std::size_t k = 0; k < expected.size(); ++k) {
                CHECK(found.item[begin + k] == expected[k].item);
                CHECK(found.score[begin + k] == Approx(expected[k].score).epsilon(1e-12));
            }
        }
    }
}

TEST_CASE("a beam passes the conformance test of a scorer", "[beam]") {
    Trial trial;
    for (const Index beam : {0, 1, 4}) {
        trial.work.reset();
        Context<P> ctx = trial.context();
        conformance::scorer<P>(ctx, trial.search(ctx, beam), trial.rows(), item_count);
    }
}

TEST_CASE("a beam: equal scores are in the order of items and share the middle of their ranks", "[beam]") {
    Trial trial(0);
    Context<P> ctx = trial.context();
    const auto scorer = trial.search(ctx, 0);
    const auto all = conformance::best_list<P>(ctx, scorer, trial.rows(), item_count, {});
    for (Index t = 0; t < trial.rows(); ++t)
        for (Index j = 0; j < item_count; ++j) {
            CHECK(all.item[static_cast<std::size_t>(t * item_count + j)] == j);
            CHECK(all.score[static_cast<std::size_t>(t * item_count + j)] ==
                  Approx(-4 * std::log(static_cast<double>(trial.ids.vocabulary()))));
        }
    const std::vector<Id> target{0, 11, 22};
    const Rows<P> rank = trial.work.keep(3, 1);
    scorer.target_rank(ctx, {}, conformance::ids(trial.on, trial.work, std::span<const Id>(target)), rank);
    CHECK(conformance::downloaded<P>(trial.on, CRows<P>(rank)) == conformance::Numbers(3, 12.0));
}

TEST_CASE("a beam: items that are seen are left out, those not found are behind every rank", "[beam]") {
    Trial trial;
    Context<P> ctx = trial.context();
    const auto scorer = trial.search(ctx, 2);
    const auto& found = scorer.found;
    std::vector<Id> worst, missing, seen;
    Offsets seen_of;
    for (std::size_t s = 0; s < 3; ++s) {
        const auto begin = found.item.begin() + found.of_source[s],
                   end = found.item.begin() + found.of_source[s + 1];
        REQUIRE(end - begin >= 2);
        worst.push_back(end[-1]);
        seen.push_back(*begin);
        seen_of.push(1);
        Id i = 0;
        while (std::find(begin, end, i) != end) ++i;
        missing.push_back(i);
    }
    ExcludedItems<P> excluded;
    excluded.of_row = conformance::segments(trial.on, trial.work, seen_of);
    excluded.item = conformance::ids(trial.on, trial.work, std::span<const Id>(seen));
    const auto ranks = [&](const std::vector<Id>& target, const ExcludedItems<P>& out) {
        const Rows<P> rank = trial.work.keep(3, 1);
        scorer.target_rank(ctx, out, conformance::ids(trial.on, trial.work, std::span<const Id>(target)),
                           rank);
        return conformance::downloaded<P>(trial.on, CRows<P>(rank));
    };
    for (const bool zeroed : {false, true}) {
        excluded.zeroed = zeroed;
        for (std::size_t s = 0; s < 3; ++s) {
            const double count = static_cast<double>(found.of_source[s + 1] - found.of_source[s]);
            CHECK(ranks(worst, {})[s] == count);
            CHECK(ranks(worst, excluded)[s] == count - 1);
            CHECK(std::isinf(ranks(missing, excluded)[s]));
            CHECK(std::isinf(ranks(seen, excluded)[s]));
        }
    }
}

TEST_CASE("a beam: a source's items do not depend on the sources beside it", "[beam]") {
    if (conformance::too_long_emulated()) return;
    Trial trial;
    const auto three = trial.sources;
    // More than are decoded in one pass.
    trial.sources.clear();
    for (int i = 0; i < 150; ++i) trial.sources.push_back(three[static_cast<std::size_t>(i % 3)]);
    Context<P> ctx = trial.context();
    const auto many = trial.search(ctx, 0).found;
    for (std::size_t s = 0; s < 150; ++s) {
        CHECK(many.of_source[s + 1] - many.of_source[s] == item_count);
        const auto begin = static_cast<std::size_t>(many.of_source[s]),
                   same = static_cast<std::size_t>(many.of_source[s % 3]);
        for (std::size_t k = 0; k < static_cast<std::size_t>(item_count); ++k) {
            CHECK(many.item[begin + k] == many.item[same + k]);
            CHECK(many.score[begin + k] == Approx(many.score[same + k]).epsilon(1e-13));
        }
    }
}

TEST_CASE("a beam: what does not fit is an error", "[beam]") {
    Trial trial;
    ParameterLayout other;
    const seq2seq::EncoderDecoder small(other, trial.model.config(), 5);
    const std::vector<Id> codes{0, 1};
    const std::vector<Index> sizes{2};
    const quantize::SemanticIds two(codes, sizes), bare(codes, sizes, 0);
    const quantize::IdTrie two_trie(two);
    CHECK(message([&] { seq2seq::BeamSearch(trial.model, trial.ids, trial.trie, -1); }) ==
          "beam: out of range: expected 0 or more, found -1");
    CHECK(message([&] { seq2seq::BeamSearch(small, trial.ids, trial.trie, 2); }) ==
          text_of("beam: the model lacks tokens of the ids: expected a vocabulary of at least ",
                  trial.ids.vocabulary(), ", found 5"));
    CHECK(message([&] { seq2seq::BeamSearch(trial.model, trial.ids, two_trie, 2); }) ==
          "beam: the trie is not that of the ids: expected 23 items, found 2");
    CHECK(message([&] { seq2seq::BeamSearch(trial.model, bare, two_trie, 2); }) ==
          "beam: the ids leave no token to start from: expected 1 special token or more, found none");
}
